/* Inside lang/: what the parts of the printer share. The flat printer writes a piece of the tree on
 * one line; the layout decides where lines end. */
#ifndef SGR_LANG_PRINT_H
#define SGR_LANG_PRINT_H

#include "lang/lang.h"

struct sgr_layout;

/* One line. Without a layout, literals are printed canonically; with one, as the source has them.
 */
struct sgr_flat {
    struct sgr_buf *out;
    const struct sgr_layout *layout; /* NULL: canonical */
    struct sgr_layout *wrap;         /* not NULL: expressions of a head may take several lines */
    bool measure; /* stop at the first place where the layout will end the line */
    bool stopped;
};

/* How tightly an expression binds: a part that binds looser than its place asks gets parentheses.
 */
enum sgr_binding {
    SGR_BIND_ANY,
    SGR_BIND_OR,
    SGR_BIND_AND,
    SGR_BIND_NOT,
    SGR_BIND_COMPARE,
    SGR_BIND_RANGE,
    SGR_BIND_ADD,
    SGR_BIND_MUL,
    SGR_BIND_NEG,
    SGR_BIND_DEFAULT,
    SGR_BIND_POSTFIX,
};
enum sgr_binding sgr_expr_binding(const struct sgr_expr *expr);
enum sgr_binding sgr_operator_binding(enum sgr_operator op);
/* What the left and the right operand must bind at least. */
enum sgr_binding sgr_left_binding(enum sgr_operator op);
enum sgr_binding sgr_right_binding(enum sgr_operator op);
/* The same for the right operand of a binary in its place: at the very end `if`, `fn` and signs
 * need no parentheses. */
enum sgr_binding sgr_right_least(const struct sgr_expr *binary, enum sgr_binding least);
const char *sgr_operator_text(enum sgr_operator op);
bool sgr_expr_parens(const struct sgr_expr *expr, enum sgr_binding least);

/* When measuring: `ends` says that the layout will end the line here. */
void sgr_flat_stop(struct sgr_flat *flat, bool ends);
void sgr_flat_text(struct sgr_flat *flat, const char *text);
void sgr_flat_str(struct sgr_flat *flat, sgr_str text);
void sgr_flat_expr(struct sgr_flat *flat, const struct sgr_expr *expr, enum sgr_binding least);
void sgr_flat_string(struct sgr_flat *flat, const struct sgr_expr *expr);
void sgr_flat_type(struct sgr_flat *flat, const struct sgr_type_expr *type);
void sgr_flat_param(struct sgr_flat *flat, const struct sgr_param *param);
void sgr_flat_params(struct sgr_flat *flat, uint32_t from, const struct sgr_param *params,
                     size_t count);
void sgr_flat_arg(struct sgr_flat *flat, const struct sgr_arg *arg);
void sgr_flat_args(struct sgr_flat *flat, sgr_span span, const struct sgr_arg *args, size_t count);
/* `k, v` or `v`. */
void sgr_flat_names(struct sgr_flat *flat, const struct sgr_loop *names);
/* `{ a = 1, b = 2 }`; separator is "," or ";". */
void sgr_flat_block(struct sgr_flat *flat, const struct sgr_block *block, const char *separator);
void sgr_flat_entry(struct sgr_flat *flat, const struct sgr_entry *entry, const char *separator);
void sgr_flat_body(struct sgr_flat *flat, const struct sgr_body *body);
void sgr_flat_stmt(struct sgr_flat *flat, const struct sgr_stmt *stmt);

#endif
