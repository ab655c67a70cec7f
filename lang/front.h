/* Inside lang/: what scanner, token filter, builders and grammar share. */
#ifndef SGR_LANG_FRONT_H
#define SGR_LANG_FRONT_H

#include "lang/lang.h"

/* A semantic value: a token's payload or a piece of the tree under construction. */
struct sgr_items; /* a list under construction */
enum { SGR_PIECE_SIZES = 17 };

union sgr_semantic {
    sgr_str text;
    int64_t integer;
    double number;
    struct sgr_loop *loop;
    struct sgr_expr *expr;
    struct sgr_type_expr *type;
    struct sgr_items *items;
    struct sgr_block *block;
    struct sgr_body *body;
    struct sgr_stmt *stmt;
    struct sgr_entry *entry;
    struct sgr_decl *decl;
    int word;
};

struct sgr_token {
    int kind;
    sgr_span span;
    union sgr_semantic value;
};

enum { SGR_STRING_DEPTH_MAX = 32, SGR_WORD_SLOTS = 256 };

struct sgr_bracket {
    char open;    /* ( [ {, $ for ${, 0 outside */
    int else_ifs; /* in a row */
    sgr_span span;
};

struct sgr_front {
    struct sgr_sources *sources;
    struct sgr_diags *diags;
    size_t enough; /* with so many errors it gives up; those of other texts do not count */
    struct sgr_arena *arena;
    uint32_t file;
    sgr_str text;
    sgr_span range; /* what is parsed of it */
    void *scanner;
    char *scanned;        /* the copy of the text that is the scanner's own */
    const uint8_t *words; /* by hash: a word of the grammar + 1, see sgr_words_index */
    uint32_t offset;      /* of the next byte the scanner reads */
    bool code_on_line;    /* a token stands before this point on its line */
    /* strings: one level for each string that is open around an interpolation */
    struct {
        bool triple;
        uint32_t begin;
        int braces; /* open { inside the current ${ } */
    } strings[SGR_STRING_DEPTH_MAX];
    int string_depth;
    SGR_VEC(struct sgr_comment) comments;
    /* the filter */
    struct sgr_token ahead[2];
    int ahead_count;
    int previous;
    SGR_VEC(struct sgr_bracket) brackets;
    struct sgr_bracket outside; /* stands for the innermost where none is open */
    bool only_expr;             /* parse one expression */
    bool careful;               /* parse to the end whatever comes, and say what is wrong */
    bool refused;               /* not careful, and there is something wrong */
    bool stopped;               /* a limit was passed: only end of file follows */
    bool recover_braces;  /* second pass: a declaration word in column 0 closes what is open */
    bool unclosed;        /* a { was left open */
    bool stray_closer;    /* the last token closes nothing */
    bool declares_inside; /* a declaration word in column 0 stood inside { } */
    uint32_t line_start;  /* behind the last newline token */
    bool told_unclosed;   /* said for the brackets that are closed now */
    bool invented;        /* the last token is a closer that nobody wrote */
    bool owes_separator;  /* between such a closer and the declaration that showed it */
    bool names_follow;    /* between `for` and `in` */
    bool in_type;         /* after a `:` */
    int angles;           /* open < in that type */
    bool recovering;      /* the grammar passes over the rest of an entry */
    bool skipping;        /* the filter does */
    size_t recover_level; /* brackets open around that entry */
    sgr_span suspect;     /* opener of a block whose } stands in another column */
    /* from the scanner to the filter */
    int strings_lost;   /* strings with an open interpolation that ended with their line */
    uint32_t lost_line; /* the line end that ended them, + 1 */
    /* the builders: what was copied into an array, by its size in words, see build.c */
    void *spare_pieces[SGR_PIECE_SIZES];
    struct sgr_items *spare_items;
    /* the result */
    struct sgr_tree *tree;
    struct sgr_expr *expr;
};

/* The next raw token (flex), and the next one that the grammar sees. */
int sgr_scan(struct sgr_token *token, struct sgr_front *front);
int sgr_next_token(union sgr_semantic *value, sgr_span *span, struct sgr_front *front);
/* The grammar found an error at a token of this kind: the rest of the entry is passed over. */
void sgr_recover(struct sgr_front *front, int found);
void sgr_scan_start(struct sgr_front *front);
void sgr_scan_stop(struct sgr_front *front);

#endif
