/* GitHub Actions' workflow commands: lines that begin with `::`, which its log viewer understands.
 */
#ifndef SGR_CLI_GITHUB_H
#define SGR_CLI_GITHUB_H

#include "base/base.h"

/* Text with the escapes of workflow commands, so that it stays one line; in a property (`title=`)
 * commas and colons are escaped too. */
void sgr_github_text(struct sgr_buf *out, sgr_str text, bool property);

/* Does this process run in a job of GitHub Actions? */
bool sgr_github_job(void);

#endif
