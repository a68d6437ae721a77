// SPDX-License-Identifier: Apache-2.0
// What Linux has and Swift's Glibc module leaves out: declarations only, and wrappers for macros and variadics.
#pragma once
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// glibc shows these under _GNU_SOURCE only, and that would change fd_set from what the Glibc module was built with.
int accept4(int descriptor, struct sockaddr *address, socklen_t *size, int flags);
int pthread_setname_np(pthread_t thread, const char *name);

#include "resolver.h"
