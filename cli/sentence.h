/* The reports of a run in words, for the terminal and for the page. */
#ifndef SGR_CLI_SENTENCE_H
#define SGR_CLI_SENTENCE_H

#include "vm/vm.h"

enum sgr_tone { SGR_TONE_PLAIN, SGR_TONE_STEP, SGR_TONE_GOOD, SGR_TONE_CAREFUL, SGR_TONE_BAD };

enum { SGR_CLOCK_BYTES = 64 };

/* The report as a sentence, indented below its step; false for what people need not see. */
bool sgr_sentence(const struct sgr_report *report, struct sgr_buf *out);
/* The same of a sample alone, from its fields. */
void sgr_sample_sentence(sgr_value fields, struct sgr_buf *out);
enum sgr_tone sgr_tone_of(const struct sgr_report *report);
/* "00:01:30" */
void sgr_clock_text(int64_t ms, char text[SGR_CLOCK_BYTES]);

#endif
