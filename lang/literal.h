/* Inside lang/: what the scanner does with the bytes of a token. */
#ifndef SGR_LANG_LITERAL_H
#define SGR_LANG_LITERAL_H

#include "lang/front.h"

void sgr_take_comment(struct sgr_front *front, sgr_span span);
/* Each gives the token's kind. */
/* Fills `words`, before anything is scanned. */
void sgr_words_index(struct sgr_front *front);
int sgr_take_word(const struct sgr_front *front, struct sgr_token *token, sgr_str text);
int sgr_take_number(struct sgr_front *front, struct sgr_token *token, sgr_str text, int kind);
int sgr_take_memory(struct sgr_front *front, struct sgr_token *token, sgr_str text);
int sgr_take_duration(struct sgr_front *front, struct sgr_token *token, sgr_str text);
int sgr_bad_number(struct sgr_front *front, struct sgr_token *token, sgr_str text);
int sgr_foreign(struct sgr_front *front, struct sgr_token *token, sgr_str text);
int sgr_stray(struct sgr_front *front, struct sgr_token *token, sgr_str text);
/* Length of the digits and point that a number token begins with. */
size_t sgr_number_length(sgr_str text);

int sgr_open_string(struct sgr_front *front, struct sgr_token *token, bool triple);
void sgr_close_string(struct sgr_front *front);
int sgr_string_text(struct sgr_front *front, struct sgr_token *token, sgr_str text);
int sgr_string_escape(struct sgr_front *front, struct sgr_token *token, char letter);
int sgr_string_unicode(struct sgr_front *front, struct sgr_token *token, sgr_str text);
int sgr_bad_escape(struct sgr_front *front, struct sgr_token *token, sgr_str text);
/* Whether the line ends inside the interpolation of a string that is written on one line; reported.
 */
bool sgr_line_ends_string(struct sgr_front *front, struct sgr_token *token);
/* The innermost string, whose interpolation is open, ends before this place without its quotes. */
void sgr_string_left_open(struct sgr_front *front, uint32_t at);
int sgr_unclosed_string(struct sgr_front *front, struct sgr_token *token);
void sgr_open_interpolation(struct sgr_front *front);
/* Whether this `}` ends the interpolation that is open. */
bool sgr_closes_interpolation(struct sgr_front *front);
bool sgr_in_triple(struct sgr_front *front);
void sgr_brace(struct sgr_front *front, int by);

#endif
