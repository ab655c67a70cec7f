# The table of expressions stands in expressions.txt; here is what the command makes of one, and of lines.
$ sgrc promql 'sum by (job)(rate(up{b="1",a="2"}[60s]))'
sum by (job) (rate(up{a="2",b="1"}[1m]))	instant vector
$ sgrc promql 'time()*2'
time() * 2	scalar
$ sgrc promql 'sum(rate(up[5m])'
error[E0701]: this ( is not closed
 --> EXPR:1:4
  |
1 | sum(rate(up[5m])
  |    ^

[1]
$ sgrc promql 'rate(up)'
error[E0701]: rate wants a range vector, not an instant vector; add a range as in [5m]
 --> EXPR:1:6
  |
1 | rate(up)
  |      ^^

[1]
$ printf 'up\nup[\n"text"\nquantile(2)\n' | sgrc promql -
up	instant vector
"text"	string
error[E0701]: this [ is not closed
 --> <stdin>:2:3
  |
2 | up[
  |   ^

error[E0701]: quantile wants 2 arguments, got 1
 --> <stdin>:4:1
  |
4 | quantile(2)
  | ^^^^^^^^^^^

[1]
$ sgrc promql
sgrc: promql takes one expression in quotes, or - for lines of them
[1]
$ cut -f1 expressions.txt | grep -v '^#' | sgrc promql - 2>/dev/null | wc -l
379
