/* A file that was built into the binary. Tables of these end with a row whose name is NULL. */
#ifndef SGR_BASE_EMBED_H
#define SGR_BASE_EMBED_H

#include <stddef.h>

struct sgr_embedded {
    const char *name; /* path relative to the folder it was embedded from */
    const char *text; /* `size` bytes, followed by a NUL that does not count */
    size_t size;
};

#endif
