/* Texts as Kubernetes takes them. */
#ifndef SGR_BASE_ACCEPTED_H
#define SGR_BASE_ACCEPTED_H

#include "base/str.h"

/* A DNS label, as the names of what we make are: small letters, digits and - inside, at most 63
 * bytes. */
bool sgr_is_name(sgr_str s);
/* The name of a port: small letters, digits and single - inside, a letter among them, at most 15
 * bytes. */
bool sgr_is_port_name(sgr_str s);
/* The key of a label or annotation: [domain/]name. */
bool sgr_is_label_key(sgr_str s);
/* The value of a label, which may be empty. */
bool sgr_is_label_value(sgr_str s);
/* [host[:port]/]path[:tag][@digest]; the path has small letters. */
bool sgr_is_image(sgr_str s);

#endif
