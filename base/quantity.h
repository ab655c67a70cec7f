/* Quantities as text, in the one canonical form that interpolation, objects and the formatter
 * print, and back. Nothing here depends on the locale. */
#ifndef SGR_BASE_QUANTITY_H
#define SGR_BASE_QUANTITY_H

#include "base/buf.h"

void sgr_print_int(struct sgr_buf *out, int64_t value);
/* Shortest decimal that reads back as the same double, never an exponent below 1e21; "NaN", "+Inf".
 */
void sgr_print_number(struct sgr_buf *out, double value);
/* 25%, 0.1% from points. */
void sgr_print_percent(struct sgr_buf *out, double points);
/* 1h30m, 500ms, 0s, -5s from milliseconds; units descend: d h m s ms. */
void sgr_print_duration(struct sgr_buf *out, int64_t ms);
/* 2, 500m from milli-cores. */
void sgr_print_cpu(struct sgr_buf *out, int64_t millis);
/* 512Mi, 2Gi, 500M, 1000 from bytes: the largest binary unit that is exact, else the largest
 * decimal. */
void sgr_print_memory(struct sgr_buf *out, int64_t bytes);
/* 1000/s, 0.5/s from events a second. */
void sgr_print_rate(struct sgr_buf *out, double per_second);

/* Strict readers of the same forms (the whole slice must match); false where it does not or the
 * value is out of range. */
bool sgr_read_int(sgr_str s, int64_t *value);
bool sgr_read_number(sgr_str s, double *value);
bool sgr_read_duration(sgr_str s, int64_t *ms);
/* Kubernetes quantities as API servers print them: 100m, 2, 0.5, 1k for cpu (to milli-cores,
 * rounded up as Kubernetes does); 128Mi, 1G, 1e3, 500m for memory (to bytes, rounded up). */
bool sgr_read_cpu(sgr_str s, int64_t *millis);
bool sgr_read_memory(sgr_str s, int64_t *bytes);

#endif
