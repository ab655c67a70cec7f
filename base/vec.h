/* A typed growable array. SGR_VEC(type) is an anonymous struct type; zero-initialised is empty. The
 * elements live in one heap block that push may move, so keep indexes, not pointers. Free with
 * sgr_vec_release. */
#ifndef SGR_BASE_VEC_H
#define SGR_BASE_VEC_H

#include <stdlib.h>

#include "base/err.h"

#define SGR_VEC(type)                                                                              \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t len;                                                                                \
        size_t cap;                                                                                \
    }

#define sgr_vec_reserve(vec, want)                                                                 \
    do {                                                                                           \
        if ((vec)->cap < (want)) {                                                                 \
            size_t sgr_cap_ = (vec)->cap ? (vec)->cap : 8;                                         \
            while (sgr_cap_ < (want)) {                                                            \
                sgr_cap_ *= 2;                                                                     \
            }                                                                                      \
            (vec)->at = sgr_realloc((vec)->at, sgr_cap_ * sizeof *(vec)->at);                      \
            (vec)->cap = sgr_cap_;                                                                 \
        }                                                                                          \
    } while (0)

#define sgr_vec_push(vec, ...)                                                                     \
    do {                                                                                           \
        sgr_vec_reserve(vec, (vec)->len + 1);                                                      \
        (vec)->at[(vec)->len++] = (__VA_ARGS__);                                                   \
    } while (0)

#define sgr_vec_pop(vec) ((vec)->at[--(vec)->len])

#define sgr_vec_release(vec)                                                                       \
    do {                                                                                           \
        free((vec)->at);                                                                           \
        (vec)->at = NULL;                                                                          \
        (vec)->len = (vec)->cap = 0;                                                               \
    } while (0)

#endif
