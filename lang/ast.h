/* The syntax tree. One arena holds it whole; nodes are never freed alone and, once parsed, never
 * changed but for the fields marked "checker". Names and literals keep their spans, so that the
 * printer, the checker and the diagnostics all read the same tree. */
#ifndef SGR_LANG_AST_H
#define SGR_LANG_AST_H

#include "lang/source.h"

struct sgr_name {
    sgr_str text;
    sgr_span span;
};

/* The names of a `for`. */
struct sgr_loop {
    struct sgr_name key; /* empty where one name */
    struct sgr_name value;
};

/* ---- types as written ---- */
enum sgr_type_expr_kind {
    SGR_TYPE_NAME,   /* name, or name<args...> */
    SGR_TYPE_RECORD, /* { a: t, b: t } */
    SGR_TYPE_FN,     /* fn(t, u): v; the last of args is the result */
};
struct sgr_type_field {
    struct sgr_name name;
    struct sgr_type_expr *type;
};
struct sgr_type_expr {
    enum sgr_type_expr_kind kind;
    sgr_span span;
    struct sgr_name module; /* `m.workload`; empty text: none */
    struct sgr_name name;
    struct sgr_type_expr **args;
    size_t arg_count;
    struct sgr_type_field *fields;
    size_t field_count;
};

/* ---- expressions ---- */
enum sgr_expr_kind {
    SGR_EXPR_ERROR, /* what could not be parsed; already reported */
    SGR_EXPR_BOOL,
    SGR_EXPR_INT,           /* u.integer */
    SGR_EXPR_NUMBER,        /* u.number */
    SGR_EXPR_PERCENT,       /* u.number: points, 5% is 5 */
    SGR_EXPR_DURATION,      /* u.integer: milliseconds */
    SGR_EXPR_MEMORY,        /* u.integer: bytes */
    SGR_EXPR_RATE,          /* u.number: per second */
    SGR_EXPR_SUFFIX_M,      /* u.number: `100m`, milli-CPU or minutes as the expected type says */
    SGR_EXPR_STRING,        /* u.string */
    SGR_EXPR_NAME,          /* u.name */
    SGR_EXPR_FIELD,         /* u.field: a.b */
    SGR_EXPR_INDEX,         /* u.index: a[b] */
    SGR_EXPR_CALL,          /* u.call */
    SGR_EXPR_UNARY,         /* u.unary */
    SGR_EXPR_BINARY,        /* u.binary */
    SGR_EXPR_IF,            /* u.cond */
    SGR_EXPR_LIST,          /* u.list */
    SGR_EXPR_COMPREHENSION, /* u.comp */
    SGR_EXPR_RECORD,        /* u.record: entries as in a block */
    SGR_EXPR_FN,            /* u.fn */
};

enum sgr_operator {
    SGR_OP_NEG,
    SGR_OP_NOT,
    SGR_OP_MUL,
    SGR_OP_DIV,
    SGR_OP_ADD,
    SGR_OP_SUB,
    SGR_OP_RANGE,
    SGR_OP_EQ,
    SGR_OP_NE,
    SGR_OP_LT,
    SGR_OP_LE,
    SGR_OP_GT,
    SGR_OP_GE,
    SGR_OP_AND,
    SGR_OP_OR,
    SGR_OP_DEFAULT, /* ?? */
};

/* A string is its parts in order: text with escapes undone and indentation removed, or `${expr}`.
 */
struct sgr_string_part {
    sgr_str text; /* when expr is NULL */
    struct sgr_expr *expr;
    sgr_span span; /* in the source: for text the raw bytes it came from */
};
struct sgr_string {
    bool triple; /* written with """ */
    struct sgr_string_part *parts;
    size_t count;
};

struct sgr_arg {
    struct sgr_name name; /* empty text: positional */
    struct sgr_expr *value;
};

struct sgr_param {
    struct sgr_name name;
    struct sgr_type_expr *type; /* NULL where inferred (fn expressions) */
    struct sgr_expr *initial;   /* NULL: none */
};

struct sgr_expr {
    enum sgr_expr_kind kind;
    bool parens;     /* written in parentheses (the printer keeps needed ones itself) */
    uint16_t height; /* of the tree below; at most SGR_EXPR_HEIGHT_MAX */
    sgr_span span;
    const struct sgr_type *type; /* checker: its type after inference */
    const struct sgr_type
        *want; /* checker: what it is converted to where it stands; NULL: nothing */
    const struct sgr_symbol *symbol; /* checker: what a name, a field or a callee means */
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct sgr_string string;
        struct sgr_name name;
        struct {
            struct sgr_expr *object;
            struct sgr_name name;
        } field;
        struct {
            struct sgr_expr *object, *key;
        } index;
        struct {
            struct sgr_expr *callee;
            struct sgr_arg *args;
            size_t count;
        } call;
        struct {
            enum sgr_operator op;
            struct sgr_expr *operand;
        } unary;
        struct {
            enum sgr_operator op;
            sgr_span op_span;
            struct sgr_expr *left, *right;
        } binary;
        struct {
            struct sgr_expr *test, *then, *otherwise;
        } cond;
        struct {
            struct sgr_expr **items;
            size_t count;
        } list;
        struct {
            struct sgr_expr *item;
            struct sgr_loop *loop;
            struct sgr_expr *source, *filter; /* filter NULL: none */
        } comp;
        struct sgr_block *record;
        struct {
            struct sgr_param *params;
            size_t count;
            struct sgr_expr *body;
        } fn;
    } u;
};

/* ---- blocks: what stands in { } of a declaration, of a record ---- */
enum sgr_entry_kind {
    SGR_ENTRY_ATTR,  /* key = value; key a word or a string */
    SGR_ENTRY_BLOCK, /* scale_up { ... }: the same as key = { ... } for an attribute of record type
                      */
    SGR_ENTRY_IF,
    SGR_ENTRY_FOR,
    SGR_ENTRY_REQUIRE, /* guard, audit: require expr [else no_signal | else "sentence"] */
    SGR_ENTRY_STEPS,   /* rollout: steps { }, on failure { }, on success { }, finally { } */
    SGR_ENTRY_RUN,     /* scenario: run NAME [with { }] */
    SGR_ENTRY_GIVEN,   /* scenario: given metric(args) = value, given approval = denied */
    SGR_ENTRY_AT,      /* scenario: at 4m { entries } */
    SGR_ENTRY_FAULT,   /* scenario: fault name(args) [for d] */
    SGR_ENTRY_EXPECT,  /* scenario: expect expr */
};
enum sgr_steps_kind { SGR_STEPS, SGR_ON_FAILURE, SGR_ON_SUCCESS, SGR_FINALLY };

struct sgr_entry {
    enum sgr_entry_kind kind;
    sgr_span span;
    struct sgr_name key;       /* ATTR, BLOCK: the key; RUN: the rollout; FAULT: the fault */
    struct sgr_expr *key_expr; /* ATTR with a string key: the string (may interpolate); else NULL */
    struct sgr_expr
        *value; /* ATTR; REQUIRE and EXPECT condition; GIVEN value; AT time; IF test; FOR source */
    struct sgr_expr *target; /* GIVEN: `error_rate(new)` or the name `approval`; FAULT: its duration
                                or NULL; REQUIRE: the sentence or NULL */
    struct sgr_block *block; /* BLOCK, IF then, FOR body, AT body, RUN with (or NULL) */
    struct sgr_block *otherwise; /* IF: else, or NULL; `else if` is a block with one IF entry */
    struct sgr_loop *loop;       /* FOR */
    struct sgr_body *body;       /* STEPS */
    struct sgr_arg *args;        /* FAULT */
    uint32_t arg_count;
    bool else_no_signal; /* REQUIRE */
    enum sgr_steps_kind steps_kind;
};

struct sgr_block {
    sgr_span span;   /* from { to } */
    uint16_t height; /* of the highest expression inside */
    struct sgr_entry *entries;
    size_t count;
};

/* ---- statements ---- */
enum sgr_stmt_kind {
    SGR_STMT_ERROR,
    SGR_STMT_STEP, /* step "name" { }: name in u.step.name (a string expression) */
    SGR_STMT_LET,
    SGR_STMT_IF,
    SGR_STMT_FOR,
    SGR_STMT_PARALLEL, /* body: each statement is a fiber */
    SGR_STMT_RETRY,    /* retry n [every d] { } */
    SGR_STMT_WITHIN,   /* within d { } */
    SGR_STMT_ATTEMPT,  /* attempt { } else reason { }: goes on in else when the body fails */
    SGR_STMT_VERB,     /* a verb word and its operands, see verb.def */
    SGR_STMT_CALL,     /* routine(args) or module.routine(args), or an effectful call */
};

/* Operands of a verb by role; which roles a verb has is its row of verb.def. */
struct sgr_verb_operands {
    struct sgr_expr
        *operand; /* shift P, check G, scale T, wait D, approve S, apply X, notify CHANNEL... */
    struct sgr_expr
        *second; /* scale T to N; hold D while G; notify CHANNEL TEXT; route header NAME == VALUE */
    struct sgr_expr *timeout; /* timeout D */
    struct sgr_expr *group;   /* apply x as "group" */
    struct sgr_name word;     /* job NAME; route HEADER's word `header` */
    struct sgr_block *block;  /* job { }, webhook { } */
    bool until;               /* wait until COND */
};

struct sgr_body {
    sgr_span span; /* from { to } */
    struct sgr_stmt **stmts;
    size_t count;
};

struct sgr_stmt {
    enum sgr_stmt_kind kind;
    sgr_span span;
    struct sgr_name name;       /* LET; ATTEMPT's reason (empty: none) */
    struct sgr_loop *loop;      /* FOR */
    struct sgr_type_expr *type; /* LET: or NULL */
    struct sgr_expr
        *value; /* LET, IF test, FOR source, STEP name, RETRY count, WITHIN duration, CALL */
    struct sgr_expr *every;     /* RETRY */
    struct sgr_body *body;      /* STEP, IF, FOR, PARALLEL, RETRY, WITHIN, ATTEMPT */
    struct sgr_body *otherwise; /* IF else (an `else if` is a body with one IF), ATTEMPT */
    int verb;                   /* VERB: enum sgr_verb (rows of verb.def) */
    struct sgr_verb_operands operands;
    const struct sgr_symbol
        *symbol; /* checker: LET and FOR value's local, CALL's routine, VERB's routine */
    const struct sgr_symbol *key_symbol; /* checker: FOR key's local */
};

/* ---- declarations ---- */
enum sgr_decl_kind {
    SGR_DECL_ERROR,
    SGR_DECL_IMPORT,
    SGR_DECL_PARAM,
    SGR_DECL_LET,
    SGR_DECL_FN,
    SGR_DECL_FOR,
    SGR_DECL_IF,
    SGR_DECL_BLOCK, /* cluster workload metric guard autoscale rightsize alert channel object
                       rollout scenario */
    SGR_DECL_MANIFESTS,
    SGR_DECL_ROUTINE,
    SGR_DECL_INVARIANT,
};

/* The block declarations by word: rows of block.def. */
enum sgr_block_kind {
#define BLOCK(id, word, binds, doc) SGR_BLOCK_##id,
#include "lang/block.def"
#undef BLOCK
    SGR_BLOCK_COUNT
};

struct sgr_decl {
    enum sgr_decl_kind kind;
    bool pending; /* of an outline, and not parsed so far: there is its kind, place and name */
    sgr_span span;
    sgr_str doc;            /* the ## lines before it, joined by newlines, without the marks */
    struct sgr_name name;   /* identifier; empty where a string stands in its place */
    struct sgr_expr *title; /* string in the name's place (or `object` without name: NULL); IMPORT
                               path; MANIFESTS pattern */
    enum sgr_block_kind block_kind;
    struct sgr_expr *of; /* rollout NAME of W; autoscale W and rightsize W: a name or a string */
    struct sgr_param *params; /* metric, guard, fn, routine */
    size_t param_count;
    struct sgr_type_expr *type; /* PARAM, LET; FN result */
    struct sgr_expr *value;     /* PARAM default, LET, FN body, IF test, FOR source, INVARIANT */
    struct sgr_expr *where;     /* PARAM */
    struct sgr_block *block;    /* BLOCK */
    struct sgr_body *body;      /* ROUTINE */
    struct sgr_loop *loop;      /* FOR */
    struct sgr_decl **decls, **otherwise; /* FOR and IF; else */
    size_t decl_count, otherwise_count;
    struct sgr_symbol *symbol; /* checker: what it binds, or an anonymous one */
    struct sgr_query *query;   /* checker: METRIC and ALERT, the parsed query, or NULL */
};

/* A comment as it stands in the text, `#` included; the printer puts it back. */
struct sgr_comment {
    sgr_span span;
    bool doc;      /* ## */
    bool trailing; /* code stands before it on its line */
};

struct sgr_tree {
    uint32_t file;
    struct sgr_arena *arena; /* borrowed */
    struct sgr_decl **decls;
    size_t decl_count;
    struct sgr_comment *comments; /* in order */
    size_t comment_count;
};

#endif
