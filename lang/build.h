/* Inside lang/: one builder for each piece of the tree; the grammar's actions call one each. */
#ifndef SGR_LANG_BUILD_H
#define SGR_LANG_BUILD_H

#include "lang/front.h"

struct sgr_items {
    void **at;
    size_t count, cap;
    struct sgr_items *next; /* among the spare ones */
};
struct sgr_items *sgr_items_add(struct sgr_front *front, struct sgr_items *items, void *item);

struct sgr_name sgr_build_name(struct sgr_front *front, sgr_span span);
struct sgr_loop *sgr_build_loop(struct sgr_front *front, struct sgr_name key,
                                struct sgr_name value);

struct sgr_expr *sgr_build_expr(struct sgr_front *front, enum sgr_expr_kind kind, sgr_span span);
struct sgr_expr *sgr_build_int(struct sgr_front *front, enum sgr_expr_kind kind, sgr_span span,
                               int64_t value);
struct sgr_expr *sgr_build_number(struct sgr_front *front, enum sgr_expr_kind kind, sgr_span span,
                                  double value);
struct sgr_expr *sgr_build_name_expr(struct sgr_front *front, sgr_span span);
struct sgr_expr *sgr_build_string(struct sgr_front *front, sgr_span span, bool triple,
                                  struct sgr_items *parts);
struct sgr_string_part *sgr_build_text_part(struct sgr_front *front, sgr_span span, sgr_str text);
struct sgr_string_part *sgr_build_expr_part(struct sgr_front *front, sgr_span span,
                                            struct sgr_expr *expr);
struct sgr_expr *sgr_build_unary(struct sgr_front *front, enum sgr_operator op, sgr_span span,
                                 struct sgr_expr *operand);
struct sgr_expr *sgr_build_binary(struct sgr_front *front, enum sgr_operator op, sgr_span span,
                                  sgr_span op_span, struct sgr_expr *left, struct sgr_expr *right);
struct sgr_expr *sgr_build_field(struct sgr_front *front, sgr_span span, struct sgr_expr *object,
                                 struct sgr_name name);
struct sgr_expr *sgr_build_index(struct sgr_front *front, sgr_span span, struct sgr_expr *object,
                                 struct sgr_expr *key);
struct sgr_expr *sgr_build_call(struct sgr_front *front, sgr_span span, struct sgr_expr *callee,
                                struct sgr_items *args);
struct sgr_expr *sgr_build_if(struct sgr_front *front, sgr_span span, struct sgr_expr *test,
                              struct sgr_expr *then, struct sgr_expr *otherwise);
struct sgr_expr *sgr_build_fn(struct sgr_front *front, sgr_span span, struct sgr_items *params,
                              struct sgr_expr *body);
struct sgr_expr *sgr_build_list(struct sgr_front *front, sgr_span span, struct sgr_items *items);
struct sgr_expr *sgr_build_comprehension(struct sgr_front *front, sgr_span span,
                                         struct sgr_expr *item, struct sgr_loop *names,
                                         struct sgr_expr *source, struct sgr_expr *filter);
struct sgr_expr *sgr_build_record(struct sgr_front *front, struct sgr_block *block);
struct sgr_arg *sgr_build_arg(struct sgr_front *front, struct sgr_name name,
                              struct sgr_expr *value);
struct sgr_param *sgr_build_param(struct sgr_front *front, struct sgr_name name,
                                  struct sgr_type_expr *type, struct sgr_expr *initial);

struct sgr_type_expr *sgr_build_type(struct sgr_front *front, enum sgr_type_expr_kind kind,
                                     sgr_span span, struct sgr_items *args);
struct sgr_type_field *sgr_build_type_field(struct sgr_front *front, struct sgr_name name,
                                            struct sgr_type_expr *type);

struct sgr_block *sgr_build_block(struct sgr_front *front, sgr_span span,
                                  struct sgr_items *entries);
struct sgr_entry *sgr_build_entry(struct sgr_front *front, enum sgr_entry_kind kind, sgr_span span);
struct sgr_body *sgr_build_body(struct sgr_front *front, sgr_span span, struct sgr_items *stmts);
struct sgr_stmt *sgr_build_stmt(struct sgr_front *front, enum sgr_stmt_kind kind, sgr_span span);
struct sgr_stmt *sgr_build_verb(struct sgr_front *front, int verb, sgr_span span,
                                struct sgr_expr *operand, struct sgr_expr *second);
struct sgr_decl *sgr_build_decl(struct sgr_front *front, enum sgr_decl_kind kind, sgr_span span);
void sgr_set_params(struct sgr_front *front, struct sgr_decl *decl, struct sgr_items *params);
void sgr_set_decls(struct sgr_decl *decl, struct sgr_items *decls, struct sgr_items *otherwise);
void sgr_set_args(struct sgr_front *front, struct sgr_entry *entry, struct sgr_items *args);
/* Reports unless the name is this word. */
void sgr_expect_word(struct sgr_front *front, struct sgr_name name, const char *word);
enum sgr_steps_kind sgr_on_kind(struct sgr_front *front, struct sgr_name name);

#endif
