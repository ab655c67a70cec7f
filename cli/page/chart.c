/* The charts of a run's page, as SVG. Time goes from left to right; a value that is no number
 * leaves a gap. */
#include "cli/page/chart.h"

#include <math.h>
#include <stdio.h>

#include "base/map.h"
#include "base/quantity.h"
#include "cli/page/markup.h"
#include "cli/sentence.h"

enum {
    WIDTH = 960,
    LEFT = 56,
    RIGHT = 8,
    STEP_HEIGHT = 22,
    HEIGHT = 120,
    SMALL_HEIGHT = 56,
    FOOT = 16
};

static double x_of(const struct sgr_events *events, int64_t time)
{
    return LEFT + (double)(WIDTH - LEFT - RIGHT) * (double)time / (double)events->end;
}

/* A number as reports print quantities: 25%, 50/s, 1m30s, 512Mi, 2. */
static bool number_of(sgr_str text, double *number)
{
    int64_t whole;
    if (sgr_str_ends_with(text, SGR_STR("%"))) {
        return sgr_read_number((sgr_str){text.ptr, text.len - 1}, number);
    }
    if (sgr_str_ends_with(text, SGR_STR("/s"))) {
        return sgr_read_number((sgr_str){text.ptr, text.len - 2}, number);
    }
    if (sgr_read_number(text, number)) {
        return isfinite(*number);
    }
    bool ok = sgr_read_duration(text, &whole) || sgr_read_memory(text, &whole);
    *number = ok ? (double)whole : 0;
    return ok;
}

static void text_of(sgr_value value, struct sgr_buf *out)
{
    sgr_buf_clear(out);
    sgr_value_print(value, out);
}

static void begin_svg(int height, const char *label, struct sgr_buf *html)
{
    sgr_buf_printf(html, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
    sgr_markup(sgr_str_from(label), html);
    sgr_buf_cstr(html, "\">\n");
}

/* The clock at the foot, at every quarter. */
static void add_clock(const struct sgr_events *events, int y, struct sgr_buf *html)
{
    for (int i = 0; i <= 4; i++) {
        char clock[SGR_CLOCK_BYTES];
        int64_t time = events->end * i / 4;
        sgr_clock_text(time, clock);
        sgr_buf_printf(html, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                       x_of(events, time), y,
                       i == 0   ? "start"
                       : i == 4 ? "end"
                                : "middle",
                       clock);
    }
}

/* ---- steps and traffic ---- */

static int64_t end_of_step(const struct sgr_events *events, size_t begin)
{
    sgr_str name = sgr_path_str(events->at[begin].fields, "name");
    for (size_t i = begin + 1; i < events->len; i++) {
        const struct sgr_event *event = &events->at[i];
        bool ends = sgr_event_is(event, "step_end") || sgr_event_is(event, "step_failed");
        if ((ends && sgr_str_equal(sgr_path_str(event->fields, "name"), name)) ||
            sgr_event_is(event, "rollback") || sgr_event_is(event, "outcome")) {
            return event->time;
        }
    }
    return events->end;
}

static void add_step(const struct sgr_events *events, size_t i, struct sgr_buf *html)
{
    double from = x_of(events, events->at[i].time), to = x_of(events, end_of_step(events, i));
    sgr_str name = sgr_path_str(events->at[i].fields, "name");
    sgr_buf_printf(html, "<svg x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%d\"><title>", from,
                   to - from < 1 ? 1 : to - from, STEP_HEIGHT);
    sgr_markup(name, html);
    sgr_buf_cstr(html, "</title><rect width=\"100%\" height=\"18\" rx=\"3\" fill=\"#8c959f\" "
                       "fill-opacity=\".25\"/><text x=\"4\" y=\"13\">");
    sgr_markup(name, html);
    sgr_buf_cstr(html, "</text></svg>\n");
}

static double share_of(const struct sgr_event *event, struct sgr_buf *text)
{
    double share = 0;
    text_of(sgr_field(event->fields, SGR_STR("new")), text);
    return number_of(sgr_buf_str(text), &share) ? share : 0;
}

static void add_traffic(const struct sgr_events *events, struct sgr_buf *html)
{
    struct sgr_buf text;
    double share = 0, bottom = STEP_HEIGHT + HEIGHT;
    sgr_buf_init(&text, 1 << 16);
    sgr_buf_printf(html,
                   "<path fill=\"#0969da\" fill-opacity=\".2\" stroke=\"#0969da\" d=\"M%d %.1f",
                   LEFT, bottom);
    for (size_t i = 0; i < events->len; i++) {
        if (sgr_event_is(&events->at[i], "weight")) {
            double x = x_of(events, events->at[i].time);
            sgr_buf_printf(html, "L%.1f %.1f", x, bottom - share * HEIGHT / 100);
            share = share_of(&events->at[i], &text);
            sgr_buf_printf(html, "L%.1f %.1f", x, bottom - share * HEIGHT / 100);
        }
    }
    sgr_buf_printf(html, "L%d %.1fL%d %.1fZ\"/>\n", WIDTH - RIGHT, bottom - share * HEIGHT / 100,
                   WIDTH - RIGHT, bottom);
    sgr_buf_release(&text);
}

static void add_marks(const struct sgr_events *events, struct sgr_buf *html)
{
    for (size_t i = 0; i < events->len; i++) {
        if (sgr_event_is(&events->at[i], "rollback")) {
            double x = x_of(events, events->at[i].time);
            sgr_buf_printf(html,
                           "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\" stroke=\"#cf222e\" "
                           "stroke-dasharray=\"4\"><title>rollback</title></line>\n",
                           x, x, STEP_HEIGHT + HEIGHT);
        }
    }
}

void sgr_chart_traffic(const struct sgr_events *events, struct sgr_buf *html)
{
    begin_svg(STEP_HEIGHT + HEIGHT + FOOT, "steps, and the traffic of the new version", html);
    for (size_t i = 0; i < events->len; i++) {
        if (sgr_event_is(&events->at[i], "step")) {
            add_step(events, i, html);
        }
    }
    for (int percent = 0; percent <= 100; percent += 50) {
        double y = STEP_HEIGHT + HEIGHT - (double)HEIGHT * percent / 100;
        sgr_buf_printf(
            html,
            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d%%</text><line x1=\"%d\" "
            "x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#8c959f\" stroke-opacity=\".3\"/>\n",
            LEFT - 6, y + 4, percent, LEFT, WIDTH - RIGHT, y, y);
    }
    add_traffic(events, html);
    add_marks(events, html);
    add_clock(events, STEP_HEIGHT + HEIGHT + FOOT - 2, html);
    sgr_buf_cstr(html, "</svg>\n");
}

/* ---- what guards sampled ---- */

struct point {
    int64_t time;
    double number;
    enum sgr_tone tone;
};

struct series {
    sgr_str name; /* as the guard writes it: error_rate(new) */
    SGR_VEC(struct point) points;
    double least, most;
    struct sgr_buf least_text, most_text;
};

static void keep(struct series *series, struct point point, sgr_str text)
{
    bool first = series->points.len == 0;
    if (first || point.number < series->least) {
        series->least = point.number;
        sgr_buf_clear(&series->least_text);
        sgr_buf_add(&series->least_text, text);
    }
    if (first || point.number > series->most) {
        series->most = point.number;
        sgr_buf_clear(&series->most_text);
        sgr_buf_add(&series->most_text, text);
    }
    sgr_vec_push(&series->points, point);
}

static void add_points(const struct series *series, const struct sgr_events *events,
                       struct sgr_buf *html)
{
    double range = series->most > series->least ? series->most - series->least : 1;
    for (int pass = 0; pass < 2; pass++) { /* the line, then a dot where all was not well */
        sgr_buf_cstr(html, pass == 0 ? "<polyline fill=\"none\" stroke=\"#0969da\" points=\"" : "");
        for (size_t i = 0; i < series->points.len; i++) {
            const struct point *point = &series->points.at[i];
            double x = x_of(events, point->time),
                   y = SMALL_HEIGHT - 6 -
                       (point->number - series->least) / range * (SMALL_HEIGHT - 12);
            if (pass == 0) {
                sgr_buf_printf(html, "%.1f,%.1f ", x, y);
            } else if (point->tone != SGR_TONE_PLAIN) {
                sgr_buf_printf(html, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x, y,
                               point->tone == SGR_TONE_BAD ? "#cf222e" : "#9a6700");
            }
        }
        sgr_buf_cstr(html, pass == 0 ? "\"/>\n" : "\n");
    }
}

static void add_series(const struct series *series, const struct sgr_events *events,
                       struct sgr_buf *html)
{
    sgr_buf_cstr(html, "<p>");
    sgr_markup(series->name, html);
    sgr_buf_cstr(html, "</p>\n");
    begin_svg(SMALL_HEIGHT, series->name.ptr, html);
    sgr_buf_printf(html, "<text x=\"%d\" y=\"12\" text-anchor=\"end\">", LEFT - 6);
    sgr_markup(sgr_buf_str(&series->most_text), html);
    if (series->most > series->least) {
        sgr_buf_printf(html, "</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 6,
                       SMALL_HEIGHT - 4);
        sgr_markup(sgr_buf_str(&series->least_text), html);
    }
    sgr_buf_cstr(html, "</text>\n");
    add_points(series, events, html);
    sgr_buf_cstr(html, "</svg>\n");
}

struct all_series {
    SGR_VEC(struct series) list;
};

static struct series *find(struct all_series *all, sgr_str name)
{
    for (size_t i = 0; i < all->list.len; i++) {
        if (sgr_str_equal(all->list.at[i].name, name)) {
            return &all->list.at[i];
        }
    }
    struct series series = {.name = name};
    sgr_buf_init(&series.least_text, 1 << 16);
    sgr_buf_init(&series.most_text, 1 << 16);
    sgr_vec_push(&all->list, series);
    return &all->list.at[all->list.len - 1];
}

static void take_sample(struct all_series *all, const struct sgr_event *event)
{
    sgr_value values = sgr_field(event->fields, SGR_STR("values"));
    struct sgr_report report = sgr_event_report(event);
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 16);
    for (size_t i = 0; values.tag == SGR_LIST && i < sgr_count_of(values); i++) {
        sgr_value value = sgr_item(values, i);
        struct point point = {.time = event->time, .tone = sgr_tone_of(&report)};
        text_of(sgr_field(value, SGR_STR("value")), &text);
        if (number_of(sgr_buf_str(&text), &point.number)) {
            keep(find(all, sgr_path_str(value, "text")), point, sgr_buf_str(&text));
        }
    }
    sgr_buf_release(&text);
}

void sgr_chart_samples(const struct sgr_events *events, struct sgr_buf *html)
{
    struct all_series all = {0};
    for (size_t i = 0; i < events->len; i++) {
        if (sgr_event_is(&events->at[i], "sample")) {
            take_sample(&all, &events->at[i]);
        }
    }
    sgr_buf_cstr(html, all.list.len > 0 ? "<h2>What the guards saw</h2>\n" : "");
    for (size_t i = 0; i < all.list.len; i++) {
        struct series *series = &all.list.at[i];
        add_series(series, events, html);
        sgr_vec_release(&series->points);
        sgr_buf_release(&series->least_text);
        sgr_buf_release(&series->most_text);
    }
    sgr_vec_release(&all.list);
}
