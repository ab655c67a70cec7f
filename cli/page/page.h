/* A run as one page of HTML that needs nothing else: no script, no font, no address. */
#ifndef SGR_CLI_PAGE_PAGE_H
#define SGR_CLI_PAGE_PAGE_H

#include "cli/page/events.h"

void sgr_page(const struct sgr_events *events, sgr_str name, struct sgr_buf *html);

/* ---- keeping what is reported, for a page at the end ---- */
struct sgr_page_keeper;
struct sgr_page_keeper *sgr_page_keeper_new(const char *path); /* borrowed */
void sgr_page_keep(struct sgr_page_keeper *keeper, const struct sgr_report *report);
/* Writes the page, and complains where it cannot; then frees. */
void sgr_page_keeper_end(struct sgr_page_keeper *keeper, sgr_str name);

#endif
