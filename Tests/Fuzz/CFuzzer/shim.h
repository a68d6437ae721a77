// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry point for programs that keep their own main.
#pragma once
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*one)(const uint8_t *bytes, size_t count));
