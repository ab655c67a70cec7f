/* A script parsed for a test, and its tree as text: everything that has a meaning and nothing of
 * the layout. */
#ifndef SGR_TESTS_LANG_SUPPORT_H
#define SGR_TESTS_LANG_SUPPORT_H

#include "lang/lang.h"

struct parsed {
    struct sgr_arena *arena;
    struct sgr_sources sources;
    struct sgr_diags diags;
    struct sgr_tree *tree;
    struct sgr_buf text; /* of the last question */
};

void parse_bytes(struct parsed *parsed, const char *path, sgr_str text);
void parse_text(struct parsed *parsed, const char *text);
void parsed_release(struct parsed *parsed);

/* The tree; borrowed until the next question. */
const char *dump(struct parsed *parsed);
/* Every diagnostic as "E0102 3:7 message\n". */
const char *problems(struct parsed *parsed);
/* Every diagnostic as a user sees it. */
const char *rendered(struct parsed *parsed);
/* The canonical layout. */
const char *formatted(struct parsed *parsed);

/* A file below the source folder; freed by the caller. */
char *read_text(const char *path, size_t *size);

#endif
