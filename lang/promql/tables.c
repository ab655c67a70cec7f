/* The tables of operators, aggregations and functions. Only reads them. */
#include "lang/promql/promql.h"

const struct sgr_promql_operator_info *sgr_promql_operator(enum sgr_promql_operator op)
{
    static const struct sgr_promql_operator_info infos[SGR_PROMQL_OP_END] = {
        {"", SGR_PROMQL_ARITHMETIC},
#define OPERATOR(id, text, class) {text, SGR_PROMQL_##class},
#include "lang/promql/operator.def"
#undef OPERATOR
    };
    return &infos[op];
}

const struct sgr_promql_aggregation_info *
sgr_promql_aggregation(enum sgr_promql_aggregation aggregation)
{
    static const struct sgr_promql_aggregation_info infos[SGR_PROMQL_AGG_END] = {
        {"", SGR_PROMQL_PARAM_NONE, false, false},
#define AGGREGATION(id, name, param, collapses, experimental)                                      \
    {name, SGR_PROMQL_PARAM_##param, collapses, experimental},
#include "lang/promql/aggregation.def"
#undef AGGREGATION
    };
    return &infos[aggregation];
}

#define TYPE_S SGR_PROMQL_SCALAR
#define TYPE_V SGR_PROMQL_VECTOR
#define TYPE_M SGR_PROMQL_MATRIX
#define TYPE_T SGR_PROMQL_STRING_TYPE
/* The enum of arities of function.def. */
enum { ANY = SGR_PROMQL_ANY };

#define COUNT_OF(a, b, c, d, e, n, ...) n
#define COUNT(...)                      COUNT_OF(__VA_ARGS__, 5, 4, 3, 2, 1, 0)
#define PICK(a, b, c, d, e, ...)                                                                   \
    {                                                                                              \
        TYPE_##a, TYPE_##b, TYPE_##c, TYPE_##d, TYPE_##e                                           \
    }

static const struct sgr_promql_function functions[] = {
#define FUNCTION(name, returns, min, max, class, experimental, ...)                                \
    {#name,                                                                                        \
     TYPE_##returns,                                                                               \
     PICK(__VA_ARGS__, S, S, S, S, S),                                                             \
     SGR_PROMQL_##class,                                                                           \
     min,                                                                                          \
     max,                                                                                          \
     COUNT(__VA_ARGS__),                                                                           \
     experimental},
#include "lang/promql/function.def"
#undef FUNCTION
};

const struct sgr_promql_function *sgr_promql_functions(size_t *count)
{
    if (count != NULL) {
        *count = sizeof functions / sizeof *functions;
    }
    return functions;
}

const struct sgr_promql_function *sgr_promql_function(sgr_str name)
{
    size_t lo = 0, hi = sizeof functions / sizeof *functions;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = sgr_str_compare(name, sgr_str_from(functions[mid].name));
        if (order == 0) {
            return &functions[mid];
        }
        if (order < 0) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    return NULL;
}

const char *sgr_promql_type_name(enum sgr_promql_type type)
{
    switch (type) {
    case SGR_PROMQL_SCALAR:
        return "scalar";
    case SGR_PROMQL_STRING_TYPE:
        return "string";
    case SGR_PROMQL_VECTOR:
        return "instant vector";
    case SGR_PROMQL_MATRIX:
        return "range vector";
    }
    return "";
}
