/* A loop of transfers (k8s/http.h) without a network: every request is answered by the next piece
 * of the input, in time that passes only while somebody waits. Linked in the place of k8s/http.c.
 */
#ifndef SGR_TESTS_FAKE_HTTP_H
#define SGR_TESTS_FAKE_HTTP_H

#include "k8s/http.h"

/* The answers to come, separated by bytes 0xff; the first byte of each chooses its status. With
 * `discovery` what the server serves is read from them, too; else it serves what is asked for. */
void fake_http_feed(sgr_str answers, bool discovery);

#endif
