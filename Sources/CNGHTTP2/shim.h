// SPDX-License-Identifier: Apache-2.0
#pragma once
// As CLinux has it: glibc names the fields of fd_set by this, and Swift wants one definition in all modules.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <nghttp2/nghttp2.h>
