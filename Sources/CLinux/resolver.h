// SPDX-License-Identifier: Apache-2.0
// resolv(3): the functions are macros over versioned names, and the state is a union of C bit fields.
#pragma once
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#define PODMINT_RES_UNKNOWN (-1)
#define PODMINT_RES_FAILED (-2)

// res_nsearch(3) with a state of its own, so that a changed /etc/resolv.conf counts at once. Returns the bytes of
// the answer (at most capacity) or one of the two values above.
static inline int podmint_res_search(const char *name, int type, int seconds, int attempts, void *answer, int capacity) {
    struct __res_state state = {0};
    if (res_ninit(&state) != 0) return PODMINT_RES_FAILED;
    state.retrans = seconds;
    state.retry = attempts;
    int count = res_nsearch(&state, name, 1 /* IN */, type, (unsigned char *)answer, capacity);
    int failure = state.res_h_errno;
    res_nclose(&state);
    if (count >= 0) return count < capacity ? count : capacity;
    return failure == HOST_NOT_FOUND || failure == NO_DATA ? PODMINT_RES_UNKNOWN : PODMINT_RES_FAILED;
}
