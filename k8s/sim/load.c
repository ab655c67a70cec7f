/* Loads of a script on the simulated cluster: requests beside those of every second. Must never
 * outlive the effect that asked for them. */
#include "k8s/load.h"
#include "k8s/sim/internal.h"

void sim_load_start(struct sgr_sim *sim, sgr_value value, struct sim_answer *answer)
{
    struct sgr_load_plan plan;
    struct sgr_error error = {0};
    struct sgr_arena *arena = sgr_arena_new();
    int64_t at = sim->now;
    if (!sgr_load_read(value, arena, &plan, &error)) {
        answer->ok = false;
        answer->kind = "invalid";
        answer->value = sgr_string(sim->heap, sgr_str_from(error.text)); /* moves with the heap */
        plan.part_count = 0;
    }
    for (size_t i = 0; i < plan.part_count; i++) {
        const struct sgr_load_part *part = &plan.parts[i];
        struct sim_load load = {.seq = answer->seq,
                                .at = at,
                                .until = at + part->ms,
                                .from = part->from,
                                .to = part->to};
        sgr_vec_push(&sim->loads, load);
        at += part->ms;
    }
    answer->due = at > sim->now ? at : answer->due;
    sgr_error_release(&error);
    sgr_arena_free(arena);
}

static double rate_at(const struct sim_load *load, int64_t ms)
{
    return load->from +
           (load->to - load->from) * (double)(ms - load->at) / (double)(load->until - load->at);
}

double sim_load_rate(const struct sgr_sim *sim)
{
    double rate = 0;
    for (size_t i = 0; i < sim->loads.len; i++) {
        const struct sim_load *load = &sim->loads.at[i];
        rate += load->at <= sim->now && sim->now < load->until ? rate_at(load, sim->now) : 0;
    }
    return rate;
}

double sim_load_pass(struct sgr_sim *sim, int64_t until, double failing)
{
    double sum = 0;
    for (size_t i = 0; i < sim->loads.len; i++) {
        struct sim_load *load = &sim->loads.at[i];
        int64_t from = load->at > sim->now ? load->at : sim->now,
                to = load->until < until ? load->until : until;
        if (from < to) {
            double sent =
                (rate_at(load, from) + rate_at(load, to)) / 2 * (double)(to - from) / 1000;
            load->sent += sent;
            load->failed += sent * failing;
            sum += sent;
        }
    }
    return sum;
}

void sim_load_end(struct sgr_sim *sim, uint64_t seq, struct sim_answer *answer)
{
    struct sgr_load_report report = {0};
    double sent = 0, failed = 0, seconds = 0;
    for (size_t i = 0; i < sim->loads.len;) {
        struct sim_load load = sim->loads.at[i];
        if (load.seq != seq) {
            i++;
            continue;
        }
        sent += load.sent;
        failed += load.failed;
        seconds += (double)(load.until - load.at) / 1000;
        sim->loads.at[i] = sim->loads.at[--sim->loads.len];
    }
    if (answer == NULL) {
        return;
    }
    if (!answer->ok) {
        answer->text = sgr_string_of(answer->value).ptr;
        return;
    }
    report.due = report.sent = (uint64_t)(sent + 0.5);
    report.failed[SGR_LOAD_NOT_CONNECTED] = (uint64_t)(failed + 0.5);
    report.classes[2] = report.sent - report.failed[SGR_LOAD_NOT_CONNECTED];
    report.seconds = seconds;
    report.wanted = report.achieved = sent / seconds;
    report.p50 = report.p90 = report.p99 = report.max = SIM_LATENCY_MS * 1000;
    answer->value = sgr_load_value(&report, sim->heap);
}
