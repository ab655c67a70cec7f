/* The unified diff: common head and tail cut off, the longest common subsequence of the rest. */
#include "cli/diff.h"

#include <stdlib.h>

enum { CONTEXT = 3, TABLE_MAX = 4000 };

struct lines {
    SGR_VEC(sgr_str) all;
};

static void split_lines(sgr_str text, struct lines *lines)
{
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        size_t stop = end ? (size_t)(end - text.ptr) + 1 : text.len;
        sgr_vec_push(&lines->all, (sgr_str){text.ptr + at, stop - at});
        at = stop;
    }
}

/* One edit a line: ' ', '-' or '+', with its line. */
struct edit {
    char mark;
    sgr_str line;
};
typedef SGR_VEC(struct edit) edits;

static void add(edits *list, char mark, sgr_str line)
{
    sgr_vec_push(list, (struct edit){mark, line});
}

static void middle(edits *list, const sgr_str *a, size_t n, const sgr_str *b, size_t m)
{
    if (n > TABLE_MAX || m > TABLE_MAX) {
        for (size_t i = 0; i < n; i++) {
            add(list, '-', a[i]);
        }
        for (size_t j = 0; j < m; j++) {
            add(list, '+', b[j]);
        }
        return;
    }
    uint16_t *common = sgr_calloc((n + 1) * (m + 1), sizeof *common);
    for (size_t i = n; i-- > 0;) {
        for (size_t j = m; j-- > 0;) {
            uint16_t down = common[(i + 1) * (m + 1) + j], right = common[i * (m + 1) + j + 1];
            uint16_t both = (uint16_t)(common[(i + 1) * (m + 1) + j + 1] + 1);
            uint16_t skip = down > right ? down : right;
            common[i * (m + 1) + j] = sgr_str_equal(a[i], b[j]) ? both : skip;
        }
    }
    size_t i = 0, j = 0;
    while (i < n || j < m) {
        if (i < n && j < m && sgr_str_equal(a[i], b[j])) {
            add(list, ' ', a[i++]);
            j++;
        } else if (j >= m ||
                   (i < n && common[(i + 1) * (m + 1) + j] >= common[i * (m + 1) + j + 1])) {
            add(list, '-', a[i++]);
        } else {
            add(list, '+', b[j++]);
        }
    }
    free(common);
}

static void print_hunk(const edits *list, size_t from, size_t to, size_t old_line, size_t new_line,
                       struct sgr_buf *out)
{
    size_t olds = 0, news = 0;
    for (size_t i = from; i < to; i++) {
        olds += list->at[i].mark != '+';
        news += list->at[i].mark != '-';
    }
    sgr_buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", olds ? old_line : old_line - 1, olds,
                   news ? new_line : new_line - 1, news);
    for (size_t i = from; i < to; i++) {
        sgr_str line = list->at[i].line;
        sgr_buf_byte(out, list->at[i].mark);
        sgr_buf_add(out, line);
        if (line.len == 0 || line.ptr[line.len - 1] != '\n') {
            sgr_buf_cstr(out, "\n\\ No newline at end of file\n");
        }
    }
}

static void print_hunks(const edits *list, struct sgr_buf *out)
{
    size_t old_line = 1, new_line = 1;
    for (size_t i = 0; i < list->len;) {
        size_t change = i;
        while (change < list->len && list->at[change].mark == ' ') {
            change++;
        }
        if (change == list->len) {
            return;
        }
        size_t from = change - i > CONTEXT ? change - CONTEXT : i;
        old_line += from - i;
        new_line += from - i;
        size_t to = change, quiet = 0;
        while (to < list->len && quiet <= (size_t)2 * CONTEXT) {
            quiet = list->at[to].mark == ' ' ? quiet + 1 : 0;
            to++;
        }
        to -= quiet > CONTEXT ? quiet - CONTEXT : 0;
        print_hunk(list, from, to, old_line, new_line, out);
        for (; from < to; from++) {
            old_line += list->at[from].mark != '+';
            new_line += list->at[from].mark != '-';
        }
        i = to;
    }
}

void sgr_diff(sgr_str name, sgr_str before, sgr_str after, struct sgr_buf *out)
{
    struct lines a = {0}, b = {0};
    edits list = {0};
    split_lines(before, &a);
    split_lines(after, &b);
    size_t head = 0, n = a.all.len, m = b.all.len;
    while (head < n && head < m && sgr_str_equal(a.all.at[head], b.all.at[head])) {
        add(&list, ' ', a.all.at[head++]);
    }
    size_t tail = 0;
    while (tail < n - head && tail < m - head &&
           sgr_str_equal(a.all.at[n - 1 - tail], b.all.at[m - 1 - tail])) {
        tail++;
    }
    if (n + m > 2 * head + 2 * tail) {
        sgr_buf_printf(out, "--- %.*s\n+++ %.*s\n", SGR_FMT(name), SGR_FMT(name));
        middle(&list, a.all.at + head, n - head - tail, b.all.at + head, m - head - tail);
        for (size_t i = n - tail; i < n; i++) {
            add(&list, ' ', a.all.at[i]);
        }
        print_hunks(&list, out);
    }
    sgr_vec_release(&a.all);
    sgr_vec_release(&b.all);
    sgr_vec_release(&list);
}
