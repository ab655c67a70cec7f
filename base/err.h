/* Run-time and I/O problems as values, our own bugs as aborts, and memory that never fails quietly.
 */
#ifndef SGR_BASE_ERR_H
#define SGR_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>

/* A problem told to its caller: a whole sentence that says what happened and, where there is one, a
 * way out. Zero-initialised means no error. The text is owned by the struct. */
struct sgr_error {
    char *text;
};

/* Sets the sentence (a second one replaces the first); always returns false, for
 * `return sgr_error_set(...)`. `error` may be NULL where nobody asks. */
bool sgr_error_set(struct sgr_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts "context: " before the sentence that is there. */
void sgr_error_wrap(struct sgr_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sgr_error_release(struct sgr_error *error);

/* Our own mistake: prints the place and the sentence, and aborts. */
#define SGR_BUG(...) sgr_bug(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void sgr_bug(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* No memory left. A run that dies here is resumed like one that was killed, so nothing is saved:
 * writes one fixed line and leaves with SGR_EXIT_OOM. */
_Noreturn void sgr_oom(void);
enum { SGR_EXIT_OOM = 71 };

/* malloc, realloc and calloc that never return NULL. Free with free(). */
void *sgr_alloc(size_t size);
void *sgr_realloc(void *old, size_t size);
void *sgr_calloc(size_t count, size_t size);

#endif
