/* What the files of the code generator share. Nothing outside gen*.c includes this.
 * The `slot` of a symbol is the index of its global or function + 1, 0 where it is made in a
 * register (in a `for` around declarations); `owner` of a global is the array or struct of its
 * functions.
 *
 * A function under construction (sgr_gen_fn) hands out registers as a stack: parameters first, then
 * captured values, then locals as they are bound, temporaries above them. Whoever takes registers
 * remembers `top` and puts it back. An expression is computed into a register that its caller chose
 * and that nothing else reads meanwhile. */
#ifndef SGR_COMPILER_GEN_PRIVATE_H
#define SGR_COMPILER_GEN_PRIVATE_H

#include "compiler/gen.h"
#include "stdlib/stdlib.h"

enum {
    SGR_GEN_REGISTERS_MAX = 60000, /* of one function */
    SGR_GEN_FUNCTIONS_MAX = 60000, /* declared ones; those inside others come on top */
    SGR_GEN_WINDOW_MAX = 200,      /* items of a list or record built from registers at once */
    SGR_GEN_WIDE = 0xffff,         /* the largest index a 16-bit operand holds */
};

struct sgr_gen {
    struct sgr_checked *checked;
    struct sgr_diags *diags;
    struct sgr_builder *builder;
    struct sgr_arena *arena;
    struct sgr_heap *heap;           /* of folded constants */
    SGR_VEC(uint32_t) files;         /* by number of source: the builder's file + 1 */
    const struct sgr_module *module; /* the one being generated */
    sgr_span at;                     /* the latest place: where a limit was passed */
    bool failed;                     /* a limit was passed and reported */
};

/* A local of the function under construction; told apart by where its name is declared. */
struct sgr_gen_local {
    sgr_span at;
    unsigned reg;
    uint32_t below; /* the one bound before it with the same hash: index + 1, 0 for none */
};

struct sgr_gen_fn {
    struct sgr_gen *gen;
    struct sgr_code *code;
    uint32_t index;
    sgr_str name;
    SGR_VEC(struct sgr_gen_local) locals; /* innermost last */
    uint32_t *slots; /* by hash of the place: index + 1 of the local bound last, 0 for none */
    uint32_t slot_count;
    unsigned top; /* the next free register */
    int self;     /* register of the rollout under way, or of the results in a test; -1: none */
    int keep;     /* register of the list builder that collects values of a condition; -1: none */
    int memory;   /* register of what a guard remembers; -1: no guard */
    bool keep_results; /* keep results of the simulation (expect), else metrics (require) */
    unsigned guarded;  /* open TRY and WITHIN: no tail call */
    unsigned hidden;   /* inside a default of the schema: its places say nothing */
    unsigned serial;   /* numbers the functions inside */
};

/* What a function inside another takes from it. */
struct sgr_gen_free {
    SGR_VEC(sgr_span) locals;
    bool self;
};

/* A record under construction: values side by side in registers with a shape, or a builder where
 * entries depend on conditions, keys are computed or there are too many. */
struct sgr_gen_record {
    struct sgr_gen_fn *f;
    bool building;
    bool promql;   /* attribute `promql` is a query whose holes are escaped */
    unsigned base; /* window: first value; building: the builder */
    SGR_VEC(sgr_str) keys;
};

/* The functions of a metric: what a call runs, and what makes its record. */
struct sgr_gen_metric {
    uint32_t sample, record;
};

#define SGR_EMIT(f, op, a, b, c)    sgr_gen_emit((f), SGR_OPCODE(op), (a), (b), (c))
#define SGR_EMIT_WIDE(f, op, a, bx) sgr_gen_emit_wide((f), SGR_OPCODE(op), (a), (bx))

/* ---- gen_code.c: functions, registers, places, closures ---- */
void sgr_gen_fn_begin(struct sgr_gen_fn *f, struct sgr_gen *gen, uint32_t index, sgr_str name,
                      unsigned params);
void sgr_gen_fn_end(struct sgr_gen_fn *f);
/* A function inside `outer` with `params` arguments: declares it and brings what it takes into its
 * registers. `taken` is released. With `self`, argument 0 is the rollout (or the results). */
void sgr_gen_inner_begin(struct sgr_gen_fn *f, struct sgr_gen_fn *outer, const char *suffix,
                         unsigned params, bool self, struct sgr_gen_free *taken);
/* Ends it and leaves the closure in `dst` of outer. `taken` as it was given to begin. */
void sgr_gen_inner_end(struct sgr_gen_fn *f, struct sgr_gen_fn *outer, struct sgr_gen_free *taken,
                       unsigned dst);
size_t sgr_gen_emit(struct sgr_gen_fn *f, enum sgr_op op, unsigned a, unsigned b, unsigned c);
size_t sgr_gen_emit_wide(struct sgr_gen_fn *f, enum sgr_op op, unsigned a, int64_t bx);
/* A jump forward, to be pointed here by sgr_gen_land. */
size_t sgr_gen_jump(struct sgr_gen_fn *f, enum sgr_op op, unsigned a);
void sgr_gen_land(struct sgr_gen_fn *f, size_t jump);
void sgr_gen_jump_back(struct sgr_gen_fn *f, size_t target);
unsigned sgr_gen_reg(struct sgr_gen_fn *f);
unsigned sgr_gen_regs(struct sgr_gen_fn *f, unsigned count);
void sgr_gen_bind(struct sgr_gen_fn *f, sgr_span at, unsigned reg);
/* Ends a scope: only the first `keep` locals stay bound. */
void sgr_gen_unbind(struct sgr_gen_fn *f, size_t keep);
/* The register of the local declared at a place, or -1. */
int sgr_gen_find(const struct sgr_gen_fn *f, sgr_span at);
void sgr_gen_place(struct sgr_gen_fn *f, sgr_span span);
uint32_t sgr_gen_line(struct sgr_gen *gen, sgr_span span);
void sgr_gen_limit(struct sgr_gen *gen, sgr_span span, const char *what);
void sgr_gen_load(struct sgr_gen_fn *f, unsigned dst, sgr_value value);
/* The documents of the files that a pattern names, as a list. */
void sgr_gen_manifests(struct sgr_gen_fn *f, const struct sgr_expr *pattern, unsigned dst);
void sgr_gen_load_str(struct sgr_gen_fn *f, unsigned dst, sgr_str text);
void sgr_gen_move(struct sgr_gen_fn *f, unsigned dst, unsigned src);
void sgr_gen_field(struct sgr_gen_fn *f, unsigned dst, unsigned object, sgr_str key, bool optional);
/* Bits of text. */
sgr_str sgr_gen_dashed(struct sgr_gen *gen, sgr_str name);
sgr_str sgr_gen_text(struct sgr_gen *gen, const struct sgr_expr *expr);
sgr_str sgr_gen_module_name(const struct sgr_module *module);
sgr_str sgr_gen_qualified(struct sgr_gen *gen, const struct sgr_module *module, sgr_str name);

/* ---- gen_walk.c: what a piece of tree takes from the function around it ---- */
typedef void (*sgr_gen_visit)(void *self, const struct sgr_expr *expr, const struct sgr_stmt *stmt);
void sgr_gen_walk_expr(const struct sgr_expr *expr, sgr_gen_visit visit, void *self);
void sgr_gen_walk_block(const struct sgr_block *block, sgr_gen_visit visit, void *self);
void sgr_gen_walk_body(const struct sgr_body *body, sgr_gen_visit visit, void *self);
void sgr_gen_walk_stmt(const struct sgr_stmt *stmt, sgr_gen_visit visit, void *self);
void sgr_gen_free_expr(struct sgr_gen_fn *f, const struct sgr_expr *expr,
                       struct sgr_gen_free *taken);
void sgr_gen_free_block(struct sgr_gen_fn *f, const struct sgr_block *block,
                        struct sgr_gen_free *taken);
void sgr_gen_free_body(struct sgr_gen_fn *f, const struct sgr_body *body,
                       struct sgr_gen_free *taken);
void sgr_gen_free_stmt(struct sgr_gen_fn *f, const struct sgr_stmt *stmt,
                       struct sgr_gen_free *taken);
void sgr_gen_free_params(struct sgr_gen_fn *f, const struct sgr_param *params, size_t count,
                         struct sgr_gen_free *taken);
bool sgr_gen_is_block(const struct sgr_symbol *symbol, enum sgr_block_kind kind);
bool sgr_gen_samples(const struct sgr_expr *expr); /* does it call a metric */

/* ---- gen_const.c: values known while compiling ---- */
bool sgr_gen_constant(struct sgr_gen *gen, const struct sgr_expr *expr, sgr_value *out);
/* The same without the conversion that it wants. */
bool sgr_gen_known(struct sgr_gen *gen, const struct sgr_expr *expr, sgr_value *out);
bool sgr_gen_constant_block(struct sgr_gen *gen, const struct sgr_block *block, sgr_value *out);
/* The tag a type's values have, or SGR_ABSENT where they may have several. */
enum sgr_tag sgr_gen_tag(const struct sgr_type *type);

/* ---- gen_expr.c ---- */
void sgr_gen_expr(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst);
/* The register that holds its value: a local's own, or a new temporary. */
unsigned sgr_gen_operand(struct sgr_gen_fn *f, const struct sgr_expr *expr);
/* Jumps unless the test holds; the jump is to be landed. */
size_t sgr_gen_unless(struct sgr_gen_fn *f, const struct sgr_expr *test);
/* Returns its value from the function. */
void sgr_gen_return(struct sgr_gen_fn *f, const struct sgr_expr *expr);
/* Are the values of this WORD type records, because some word takes an argument? */
bool sgr_gen_word_has_args(const struct sgr_type *type);
void sgr_gen_symbol(struct sgr_gen_fn *f, const struct sgr_symbol *symbol, unsigned dst);
/* Fills parameters that were not given with their defaults; register `first` holds the first. */
void sgr_gen_defaults(struct sgr_gen_fn *f, const struct sgr_param *params, size_t count,
                      unsigned first);

/* Opens a loop over `source`; the names are bound in its body. */
struct sgr_gen_loop {
    size_t next;
    unsigned mark;
    size_t locals;
};
struct sgr_gen_loop sgr_gen_loop_begin(struct sgr_gen_fn *f, const struct sgr_expr *source,
                                       const struct sgr_loop *names);
void sgr_gen_loop_end(struct sgr_gen_fn *f, struct sgr_gen_loop *loop);

/* ---- gen_call.c ---- */
/* `tail`: the call may replace the running function; answers whether it did. */
bool sgr_gen_call(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst, bool tail);
/* The query that a call of a metric would sample: { metric, track, promql, unit, args }. */
void sgr_gen_query_call(struct sgr_gen_fn *f, const struct sgr_expr *call, unsigned dst);
/* The argument of a parameter by its index, or NULL where the call leaves it out. */
const struct sgr_expr *sgr_gen_argument(const struct sgr_expr *call, size_t index);
/* A function value of what is no closure yet: a built-in, an effect. */
void sgr_gen_wrap(struct sgr_gen_fn *f, const struct sgr_symbol *symbol, unsigned dst);
/* The index of a built-in by name, or UINT32_MAX. */
uint32_t sgr_gen_builtin(const char *name);
/* Is the first declared parameter of a routine the rollout itself? */
bool sgr_gen_takes_rollout(const struct sgr_decl *routine);
bool sgr_gen_is_rollout(const struct sgr_type *type);

/* ---- gen_record.c ---- */
void sgr_gen_record_begin(struct sgr_gen_record *record, struct sgr_gen_fn *f, bool building);
/* A register for the next value, then the key it stands under. */
unsigned sgr_gen_record_slot(struct sgr_gen_record *record);
void sgr_gen_record_put(struct sgr_gen_record *record, sgr_str key, unsigned slot);
void sgr_gen_record_text(struct sgr_gen_record *record, const char *key, sgr_str text);
void sgr_gen_record_expr(struct sgr_gen_record *record, sgr_str key, const struct sgr_expr *expr);
void sgr_gen_record_end(struct sgr_gen_record *record, unsigned dst);
/* Attributes and nested blocks, `if` and `for` included; entries of declarations are passed over.
 */
void sgr_gen_record_entries(struct sgr_gen_record *record, const struct sgr_block *block);
/* The key of an attribute where it is known; false where it is computed. */
bool sgr_gen_plain_key(const struct sgr_entry *entry, sgr_str *key);
bool sgr_gen_block_is_plain(const struct sgr_block *block);
void sgr_gen_record_literal(struct sgr_gen_fn *f, const struct sgr_block *block, unsigned dst);

/* ---- gen_block.c: records of declared blocks ---- */
void sgr_gen_block(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst);
/* kind, name, id, doc, place. */
void sgr_gen_header(struct sgr_gen_record *record, const struct sgr_decl *decl, const char *kind);
void sgr_gen_attribute_defaults(struct sgr_gen_record *record, const struct sgr_decl *decl,
                                enum sgr_block_kind kind);
void sgr_gen_names(struct sgr_gen_fn *f, const struct sgr_param *params, size_t count,
                   unsigned dst);
/* ---- gen_metric.c ---- */
void sgr_gen_metric_record(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst);
/* The code of a metric's sample function; registers 0 .. hold its arguments. */
void sgr_gen_sample(struct sgr_gen_fn *f, const struct sgr_decl *metric);
/* The metric's word in queries and models: its identifier as written. */
sgr_str sgr_gen_metric_word(const struct sgr_decl *metric);
/* A string whose holes stand in a PromQL query. */
void sgr_gen_promql(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst);

/* ---- gen_guard.c: guards, scenarios, invariants ---- */
void sgr_gen_judge(struct sgr_gen_fn *f, const struct sgr_decl *guard, unsigned dst);
/* A function of the rollout that looks at all that the guard has to remember. */
void sgr_gen_watcher(struct sgr_gen_fn *f, const struct sgr_decl *guard, unsigned dst);
/* gen_condition.c: a function of the rollout that gives the guard's conditions as data. */
void sgr_gen_conditions(struct sgr_gen_fn *f, const struct sgr_decl *guard, unsigned dst);
void sgr_gen_scenario(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst);
void sgr_gen_invariant(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst);
/* A function of a guard's parameters that gives its record. */
void sgr_gen_guard_closure(struct sgr_gen_fn *f, const struct sgr_decl *guard, unsigned dst);
/* Adds { text, value } to the values of the condition under way. */
void sgr_gen_keep(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned value);

/* ---- gen_memory.c: what a guard remembers between two samples ---- */
/* A call that is judged by more than one sample: of a counter, of a test like not_worse. */
bool sgr_gen_remembers(const struct sgr_expr *call);
/* Adds what has to be seen for the calls inside `expr` to the list under construction. */
void sgr_gen_watch(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned builder);
/* What the guard's memory says of such a call. */
void sgr_gen_recall(struct sgr_gen_fn *f, const struct sgr_expr *call, unsigned dst);

/* ---- gen_declarations.c ---- */
void sgr_gen_declarations(struct sgr_gen *gen, uint32_t function);
void sgr_gen_scenarios(struct sgr_gen *gen, uint32_t function);

/* ---- gen_stmt.c, gen_verb.c ---- */
/* `tail`: the function ends behind it. */
void sgr_gen_body(struct sgr_gen_fn *f, const struct sgr_body *body, bool tail);
void sgr_gen_stmt(struct sgr_gen_fn *f, const struct sgr_stmt *stmt, bool tail);
void sgr_gen_verb(struct sgr_gen_fn *f, const struct sgr_stmt *stmt, bool tail);
/* A function of the rollout whose code is `body`. */
void sgr_gen_steps(struct sgr_gen_fn *f, const struct sgr_body *body, const char *suffix,
                   unsigned dst);
/* Opens a TRY whose failure lands in `failure`; closes it and opens its handler; ends the handler.
 */
struct sgr_gen_try {
    size_t at, over;
    unsigned failure;
};
struct sgr_gen_try sgr_gen_try_begin(struct sgr_gen_fn *f, unsigned failure);
void sgr_gen_try_handler(struct sgr_gen_fn *f, struct sgr_gen_try *try);
void sgr_gen_try_end(struct sgr_gen_fn *f, struct sgr_gen_try *try);
/* In a handler: raises the failure again unless it is of this kind. */
void sgr_gen_only_kind(struct sgr_gen_fn *f, unsigned failure, const char *kind);

#endif
