/* Driving a run through virtual time: it ends, it is told of changes, it never spins. */
#include <criterion/criterion.h>

#include "support.h"

struct play {
    struct sgr_sim *sim;
    struct sgr_machine *machine;
    struct sgr_run *run;
};

/* A run that performs one effect after the other, each with up to two constants as arguments, and
 * returns the last answer. */
struct act {
    enum sgr_effect_kind effect;
    unsigned count;
    sgr_value args[2];
};

static struct play begin(struct sgr_sim *sim, const struct act *acts, size_t count)
{
    struct play play = {.sim = sim};
    struct sgr_error error = {0};
    struct sgr_builder *builder = sgr_builder_new(NULL, 0);
    uint32_t function = sgr_builder_function(builder, SGR_STR("main"), 0, 0);
    struct sgr_code *code = sgr_code_begin(builder, function);
    for (size_t i = 0; i < count; i++) {
        for (unsigned k = 0; k < acts[i].count; k++) {
            uint32_t constant = sgr_builder_constant(builder, acts[i].args[k]);
            sgr_code_emit_wide(code, SGR_OPCODE(LOAD), k, (int32_t)constant);
        }
        sgr_code_emit(code, SGR_OPCODE(EFFECT), 0, acts[i].effect, acts[i].count);
    }
    sgr_code_emit(code, SGR_OPCODE(RETURN), 0, 0, 0);
    sgr_code_end(code);
    sgr_builder_export(builder, SGR_STR("main"), false, function);
    struct sgr_program *program = sgr_builder_finish(builder, &error);
    cr_assert_not_null(program);
    play.machine = sgr_machine_new(program, NULL);
    play.run = sgr_run_new(play.machine, sgr_sim_host(sim), SGR_STR("test"),
                           sgr_program_entry(program, SGR_STR("main")), NULL, 0, 0);
    sgr_program_unref(program);
    return play;
}

static void end(struct play *play)
{
    sgr_run_free(play->run);
    sgr_machine_free(play->machine);
    sgr_sim_free(play->sim);
}

static sgr_value seconds(int64_t count)
{
    return sgr_unit_i(SGR_DURATION, count * 1000);
}

Test(drive, a_sleep_over_a_late_observation_ends, .timeout = 20)
{
    struct sgr_sim *sim = test_sim();
    struct act acts[] = {
        {SGR_EFFECT_APPLY,
         2,
         {test_deployment(sim, "gateway", "stable", "a:1", 2), test_text(sim, "objects")}},
        {SGR_EFFECT_SLEEP, 1, {seconds(60)}},
        {SGR_EFFECT_READ, 1, {test_ref(sim, "Deployment", "gateway")}},
    };
    struct play play = begin(sim, acts, 3);
    cr_assert_eq(sgr_sim_drive(sim, play.run, 3600000), SGR_RUN_DONE);
    sgr_value live = sgr_run_result(play.run);
    cr_assert_eq(sgr_path_int(live, "status/readyReplicas", 0), 2);
    cr_assert_eq(sgr_sim_now(sim), 60000 + 2 * SIM_CALL_MS);
    end(&play);
}

Test(drive, a_change_wakes_who_waits, .timeout = 20)
{
    struct sgr_sim *sim = test_sim();
    struct act acts[] = {
        {SGR_EFFECT_APPLY,
         2,
         {test_deployment(sim, "gateway", "stable", "a:1", 1), test_text(sim, "objects")}},
        {SGR_EFFECT_READ, 1, {test_ref(sim, "Deployment", "gateway")}},
        {SGR_EFFECT_AWAIT, 1, {seconds(600)}},
    };
    struct play play = begin(sim, acts, 3);
    cr_assert_eq(sgr_sim_drive(sim, play.run, 3600000), SGR_RUN_DONE);
    cr_assert_leq(sgr_sim_now(sim), 12000);
    end(&play);
}

Test(drive, calls_fail_when_the_api_server_stays_away, .timeout = 20)
{
    struct sgr_sim *sim = test_sim();
    struct act acts[] = {
        {SGR_EFFECT_APPLY, 2, {test_object(sim, "Service", "s"), test_text(sim, "objects")}},
    };
    sim->faults[SIM_FAULT_API_ERRORS].until = INT64_MAX;
    struct play play = begin(sim, acts, 1);
    cr_assert_eq(sgr_sim_drive(sim, play.run, 3600000), SGR_RUN_FAILED);
    cr_assert_str_eq(sgr_run_failure(play.run)->kind, "unavailable");
    cr_assert_eq(sgr_sim_now(sim), 30000);
    cr_assert(sgr_is_absent(sim_read(sim, test_ref(sim, "Service", "s"))), "nothing was written");
    end(&play);
}

Test(drive, a_short_outage_delays_the_write, .timeout = 20)
{
    struct sgr_sim *sim = test_sim();
    struct act acts[] = {
        {SGR_EFFECT_APPLY, 2, {test_object(sim, "Service", "s"), test_text(sim, "objects")}},
    };
    sim->faults[SIM_FAULT_API_ERRORS].until = 10000;
    struct play play = begin(sim, acts, 1);
    sgr_sim_drive(sim, play.run, 9999);
    cr_assert(sgr_is_absent(sim_read(sim, test_ref(sim, "Service", "s"))), "not before it is back");
    cr_assert_eq(sgr_sim_drive(sim, play.run, 3600000), SGR_RUN_DONE);
    cr_assert_eq(sgr_sim_now(sim), 10000 + SIM_CALL_MS);
    end(&play);
}

Test(drive, a_run_with_nothing_to_come_is_given_back, .timeout = 20)
{
    struct sgr_sim *sim = test_sim();
    sgr_value silent = test_with(sim, sgr_absent(), "metric", test_text(sim, "approval"));
    struct sim_model model = {.metric = sgr_field(silent, SGR_STR("metric")),
                              .track = sgr_absent(),
                              .value = test_text(sim, "silent")};
    struct act acts[] = {{SGR_EFFECT_ASK, 2, {test_text(sim, "go on?"), seconds(0)}}};
    sgr_vec_push(&sim->models, model);
    struct play play = begin(sim, acts, 1);
    cr_assert_eq(sgr_sim_drive(sim, play.run, 3600000), SGR_RUN_BLOCKED);
    end(&play);
}
