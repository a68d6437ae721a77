// SPDX-License-Identifier: Apache-2.0
// What Linux has and Swift's Glibc module leaves out: declarations only, and wrappers for macros and variadics.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
