/* Printing the reports of a run. Lines for people go to standard output, since they are what `run`
 * is asked for; a closed or full stream never stops a rollout, lines are dropped instead. */
#include "cli/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/quantity.h"
#include "cli/github.h"
#include "cli/page/page.h"
#include "cli/sentence.h"

enum { SPARK_COUNT = 24, STEPS_MAX = 200, LINE_MAX_BYTES = 1 << 20 };

enum step_state { STEP_TO_COME, STEP_NOW, STEP_DONE, STEP_FAILED };

struct sgr_progress {
    enum sgr_progress_style style;
    bool color;
    struct sgr_heap *heap;
    sgr_value name, outline, outcome;
    enum step_state states[STEPS_MAX];
    size_t current;
    double weight; /* percent of traffic on the new track */
    int64_t time;
    sgr_str message;
    char message_text[256];
    char samples[160];
    double spark[SPARK_COUNT];
    size_t spark_count;
    size_t drawn; /* lines of the live block on the screen */
    size_t samples_seen;
    bool group_open; /* of GitHub Actions */
    bool mute;       /* nobody takes the lines */
    struct sgr_page_keeper *page;
};

struct sgr_progress *sgr_progress_new(enum sgr_progress_style style, bool color, sgr_value rollout)
{
    struct sgr_progress *p = sgr_calloc(1, sizeof *p);
    p->style = style;
    p->color = color;
    p->heap = sgr_heap_new(64 << 20);
    p->name = sgr_value_copy(p->heap, sgr_field(rollout, SGR_STR("name")));
    p->outline = sgr_value_copy(p->heap, sgr_field(rollout, SGR_STR("outline")));
    return p;
}

void sgr_progress_keep_page(struct sgr_progress *p, const char *path)
{
    p->page = path != NULL ? sgr_page_keeper_new(path) : NULL;
}

sgr_value sgr_progress_outcome(const struct sgr_progress *p)
{
    return p->outcome;
}

/* Lines that cannot be written are told once, and not at all where the reader left: the rollout
 * goes on. */
static void emit(struct sgr_progress *p, sgr_str text)
{
    struct sgr_error error = {0};
    if (!p->mute && !sgr_write_all(STDOUT_FILENO, text, &error)) {
        if (errno != EPIPE) {
            sgr_complain(0, "%s; what follows is not shown", error.text);
        }
        p->mute = true;
    }
    sgr_error_release(&error);
}

static const char *paint(const struct sgr_progress *p, const char *code)
{
    return p->color ? code : "";
}
#define GREEN  "\033[32m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"
#define BOLD   "\033[1m"
#define RESET  "\033[0m"

/* ---- one JSON object a line ---- */

static void print_json(struct sgr_progress *p, const struct sgr_report *report)
{
    struct sgr_buf out;
    sgr_buf_init(&out, LINE_MAX_BYTES);
    sgr_buf_printf(&out, "{\"time\":%.3f,\"run\":", (double)report->time / 1000.0);
    sgr_value_json(p->name, &out);
    sgr_buf_printf(&out, ",\"type\":\"%s\"", report->kind);
    for (size_t i = 0; report->fields.tag == SGR_RECORD && i < sgr_count_of(report->fields); i++) {
        sgr_buf_byte(&out, ',');
        sgr_buf_json(&out, sgr_key(report->fields, i));
        sgr_buf_byte(&out, ':');
        if (!sgr_value_json(sgr_field_at(report->fields, i), &out)) {
            sgr_buf_cstr(&out, "null");
        }
    }
    sgr_buf_cstr(&out, "}\n");
    if (!out.full) {
        emit(p, sgr_buf_str(&out));
    }
    sgr_buf_release(&out);
}

/* ---- plain lines ---- */

static const char *color_of(const struct sgr_progress *p, const struct sgr_report *report)
{
    static const char *const colors[] = {"", BOLD, GREEN, YELLOW, RED};
    return paint(p, colors[sgr_tone_of(report)]);
}

/* What others wrote stays one line, and moves no cursor. */
static void without_controls(struct sgr_buf *text, size_t from)
{
    for (size_t i = from; i < text->len; i++) {
        text->ptr[i] = (unsigned char)text->ptr[i] < ' ' ? ' ' : text->ptr[i];
    }
}

static void print_plain(struct sgr_progress *p, const struct sgr_report *report, const char *prefix)
{
    struct sgr_buf out;
    char time[64];
    sgr_buf_init(&out, LINE_MAX_BYTES);
    sgr_clock_text(report->time, time);
    sgr_buf_printf(&out, "%s%s%s%s  %s", prefix, paint(p, DIM), time, paint(p, RESET),
                   color_of(p, report));
    size_t begin = out.len;
    if (sgr_sentence(report, &out)) {
        without_controls(&out, begin);
        sgr_buf_printf(&out, "%s\n", paint(p, RESET));
        emit(p, sgr_buf_str(&out));
    }
    sgr_buf_release(&out);
}

/* ---- a job of GitHub Actions: a group for each step, an annotation for what failed ---- */

static void end_group(struct sgr_progress *p)
{
    if (p->group_open) {
        emit(p, SGR_STR("::endgroup::\n"));
    }
    p->group_open = false;
}

static void annotate(struct sgr_progress *p, const struct sgr_report *report)
{
    struct sgr_buf out, text;
    sgr_buf_init(&out, LINE_MAX_BYTES);
    sgr_buf_init(&text, LINE_MAX_BYTES);
    (void)sgr_sentence(report, &text);
    sgr_buf_cstr(&out, "::error title=");
    sgr_github_text(&out, sgr_string_of(p->name), true);
    sgr_buf_cstr(&out, "::");
    sgr_github_text(&out, sgr_buf_str(&text), false);
    sgr_buf_byte(&out, '\n');
    emit(p, sgr_buf_str(&out));
    sgr_buf_release(&text);
    sgr_buf_release(&out);
}

static void print_github(struct sgr_progress *p, const struct sgr_report *report)
{
    static const char *const ends[] = {"step", "step_end", "failed", "rollback", "outcome"};
    bool begins = strcmp(report->kind, "step") == 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (strcmp(report->kind, ends[i]) == 0) {
            end_group(p);
        }
    }
    print_plain(p, report, begins ? "::group::" : "");
    p->group_open = p->group_open || begins;
    if (strcmp(report->kind, "failed") == 0 ||
        sgr_str_is(sgr_path_str(report->fields, "outcome"), "failed")) {
        annotate(p, report);
    }
}

/* ---- the live block ---- */

static void note_step(struct sgr_progress *p, sgr_str name, enum step_state state)
{
    size_t count = p->outline.tag == SGR_LIST ? sgr_count_of(p->outline) : 0;
    for (size_t i = 0; i < count && i < STEPS_MAX; i++) {
        bool same = sgr_str_equal(sgr_path_str(sgr_item(p->outline, i), "name"), name);
        bool open = p->states[i] == STEP_TO_COME || p->states[i] == STEP_NOW;
        if (same && open) {
            p->states[i] = state;
            return;
        }
    }
}

static void note_sample(struct sgr_progress *p, sgr_value fields)
{
    struct sgr_buf text;
    sgr_buf_init(&text, sizeof p->samples - 1);
    sgr_sample_sentence(fields, &text);
    snprintf(p->samples, sizeof p->samples, "%s", text.ptr);
    sgr_buf_release(&text);
    sgr_value values = sgr_field(fields, SGR_STR("values"));
    if (values.tag != SGR_LIST || sgr_count_of(values) == 0) {
        return;
    }
    sgr_value last = sgr_field(sgr_item(values, sgr_count_of(values) - 1), SGR_STR("value"));
    double number = last.tag >= SGR_NUMBER && last.tag <= SGR_COUNT ? last.as.f : (double)last.as.i;
    if (p->spark_count == SPARK_COUNT) {
        memmove(p->spark, p->spark + 1, (SPARK_COUNT - 1) * sizeof *p->spark);
        p->spark_count--;
    }
    p->spark[p->spark_count++] = number;
}

static void note(struct sgr_progress *p, const struct sgr_report *report)
{
    p->time = report->time;
    if (strcmp(report->kind, "step") == 0) {
        note_step(p, sgr_path_str(report->fields, "name"), STEP_NOW);
    } else if (strcmp(report->kind, "step_end") == 0) {
        note_step(p, sgr_path_str(report->fields, "name"), STEP_DONE);
    } else if (strcmp(report->kind, "step_failed") == 0) {
        note_step(p, sgr_path_str(report->fields, "name"), STEP_FAILED);
    } else if (strcmp(report->kind, "weight") == 0) {
        p->weight = sgr_field(report->fields, SGR_STR("new")).as.f;
    } else if (strcmp(report->kind, "sample") == 0) {
        note_sample(p, report->fields);
    } else {
        struct sgr_buf text;
        sgr_buf_init(&text, LINE_MAX_BYTES);
        if (sgr_sentence(report, &text)) {
            snprintf(p->message_text, sizeof p->message_text, "%s", text.ptr);
        }
        sgr_buf_release(&text);
    }
}

static void add_spark(const struct sgr_progress *p, struct sgr_buf *out)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double top = 0;
    for (size_t i = 0; i < p->spark_count; i++) {
        top = p->spark[i] > top ? p->spark[i] : top;
    }
    for (size_t i = 0; i < p->spark_count; i++) {
        double share = top > 0 && p->spark[i] > 0 ? p->spark[i] / top : 0;
        sgr_buf_cstr(out, bars[(int)(share * 7)]);
    }
}

static size_t draw_steps(struct sgr_progress *p, struct sgr_buf *out)
{
    static const char *const marks[] = {"·", "▶", "✓", "✗"};
    static const char *const tones[] = {DIM, BOLD, GREEN, RED};
    size_t count = p->outline.tag == SGR_LIST ? sgr_count_of(p->outline) : 0;
    size_t lines = 0;
    for (size_t i = 0; i < count && i < STEPS_MAX; i++, lines++) {
        enum step_state state = p->states[i];
        sgr_buf_printf(out, "\033[2K  %s%s %.*s%s\n", paint(p, tones[state]), marks[state],
                       SGR_FMT(sgr_path_str(sgr_item(p->outline, i), "name")), paint(p, RESET));
    }
    return lines;
}

static void draw(struct sgr_progress *p)
{
    struct sgr_buf out;
    char time[64];
    sgr_buf_init(&out, LINE_MAX_BYTES);
    if (p->drawn > 0) {
        sgr_buf_printf(&out, "\033[%zuA\r", p->drawn);
    }
    sgr_clock_text(p->time, time);
    sgr_buf_printf(&out, "\033[2K%s%.*s%s  %s\n", paint(p, BOLD), SGR_FMT(sgr_string_of(p->name)),
                   paint(p, RESET), time);
    size_t lines = 1 + draw_steps(p, &out);
    int filled = (int)(p->weight * 0.4);
    sgr_buf_cstr(&out, "\033[2K  new ");
    for (int i = 0; i < 40; i++) {
        sgr_buf_cstr(&out, i < filled ? "█" : "░");
    }
    sgr_buf_printf(&out, " %g%%\n\033[2K  %s ", p->weight, p->samples);
    add_spark(p, &out);
    sgr_buf_printf(&out, "\n\033[2K  %s\n", p->message_text);
    p->drawn = lines + 3;
    emit(p, sgr_buf_str(&out));
    sgr_buf_release(&out);
}

/* ---- the door ---- */

void sgr_progress_report(void *self, const struct sgr_report *report)
{
    struct sgr_progress *p = self;
    struct sgr_report timed = *report; /* the host's messages know no time of the run */
    p->time = timed.time = report->time > 0 ? report->time : p->time;
    report = &timed;
    if (p->page != NULL) {
        sgr_page_keep(p->page, report);
    }
    if (strcmp(report->kind, "outcome") == 0) {
        p->outcome = sgr_value_copy(p->heap, report->fields);
    }
    switch (p->style) {
    case SGR_PROGRESS_JSON:
        print_json(p, report);
        break;
    case SGR_PROGRESS_PLAIN:
        print_plain(p, report, "");
        break;
    case SGR_PROGRESS_GITHUB:
        print_github(p, report);
        break;
    case SGR_PROGRESS_LIVE:
        note(p, report);
        draw(p);
        break;
    case SGR_PROGRESS_QUIET:
        break;
    }
}

void sgr_progress_ask(void *self, const char *text)
{
    struct sgr_progress *p = self;
    struct sgr_report report = {
        .time = p->time,
        .kind = "question",
        .fields = sgr_record_with(p->heap, sgr_absent(), SGR_STR("text"),
                                  sgr_string(p->heap, sgr_str_from(text))),
    };
    sgr_progress_report(p, &report);
}

static void add_field(struct sgr_buf *out, sgr_value fields, const char *key)
{
    sgr_value_print(sgr_field(fields, sgr_str_from(key)), out);
}

static void print_results(struct sgr_progress *p, sgr_value results)
{
    struct sgr_buf out;
    sgr_buf_init(&out, LINE_MAX_BYTES);
    sgr_buf_cstr(&out, "took ");
    add_field(&out, results, "duration");
    sgr_buf_cstr(&out, " of virtual time; ");
    add_field(&out, results, "failed_requests");
    sgr_buf_cstr(&out, " of ");
    add_field(&out, results, "requests");
    sgr_buf_cstr(&out, " requests failed for want of a ready pod; downtime ");
    add_field(&out, results, "downtime");
    if (sgr_str_is(sgr_path_str(results, "outcome"), "rolled_back")) {
        sgr_buf_cstr(&out, "; traffic was back after ");
        add_field(&out, results, "rollback_time");
    }
    sgr_buf_byte(&out, '\n');
    emit(p, sgr_buf_str(&out));
    sgr_buf_release(&out);
}

void sgr_progress_end(struct sgr_progress *p, sgr_value results)
{
    if (sgr_is_absent(results)) {
        return;
    }
    struct sgr_report report = {.time = p->time, .kind = "results", .fields = results};
    if (p->page != NULL) {
        sgr_page_keep(p->page, &report);
    }
    if (p->style == SGR_PROGRESS_JSON) {
        print_json(p, &report);
    } else if (p->style != SGR_PROGRESS_QUIET) {
        print_results(p, results);
    }
}

void sgr_progress_free(struct sgr_progress *p)
{
    end_group(p);
    if (p->page != NULL) {
        sgr_page_keeper_end(p->page, sgr_string_of(p->name));
    }
    sgr_heap_free(p->heap);
    free(p);
}
