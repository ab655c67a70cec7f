# Lints, the comments that silence them, .sgrc.yaml and --fix.
$ sgrc lint fixable.sgr
warning[W0206]: nothing uses what `canary` exports
 --> fixable.sgr:2:1
  |
2 | import "std/strategy/canary"
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: remove the import

warning[W0101]: this comment silences nothing
 --> fixable.sgr:4:1
  |
4 | # sgrc: ignore[no-limits] nothing has limits here
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: remove it

warning[W0706]: this pattern is only a text
 --> fixable.sgr:9:39
  |
9 |   promql = """sum(rate(requests_total{app=~"api", track="${t.name}"}[1m]))"""
  |                                       ^^^^^^^^^^
  = help: write =

1 file, 0 errors, 3 warnings
[1]
$ cp fixable.sgr $TMP/f.sgr; sgrc lint --fix $TMP/f.sgr; diff fixable.sgr $TMP/f.sgr
1 file, 0 errors, 0 warnings, 3 fixed
2d1
< import "std/strategy/canary"
4d2
< # sgrc: ignore[no-limits] nothing has limits here
9c7
<   promql = """sum(rate(requests_total{app=~"api", track="${t.name}"}[1m]))"""
---
>   promql = """sum(rate(requests_total{app="api", track="${t.name}"}[1m]))"""
[1]
$ cp fixable.sgr config/.sgrc.yaml $TMP; cd $TMP; sgrc lint --format github fixable.sgr
::error file=fixable.sgr,line=2,col=1,title=W0206::nothing uses what `canary` exports
::warning file=fixable.sgr,line=4,col=1,title=W0101::this comment silences nothing
::warning file=fixable.sgr,line=9,col=24,title=W0701::rate over 1m, with a scrape every 30s
[1]
$ printf 'lint: {}\n' > $TMP/.sgrc.yaml; sgrc lint $TMP/f.sgr 2>&1 | sed "s|$TMP|TMP|"
sgrc: TMP/.sgrc.yaml: unknown key `lint`; there are `lints` and `scrape`
0 files, 0 errors, 0 warnings
$ sgrc lint --format sarif fixable.sgr | python3 -c "import json, sys; log = json.load(sys.stdin); print(log['version'], [r['ruleId'] for r in log['runs'][0]['results']])"
2.1.0 ['W0206', 'W0101', 'W0706']
$ printf '# sgrc: ignore[no-limits]\n# sgrc: ignore[no-limit] why\n# sgrc: ignore[unit-mismatch] why\nlet A = 1 # sgrc: ignore[name-case] an old name until 2027-01-31\n' > $TMP/s.sgr; rm -f $TMP/.sgrc.yaml; SOURCE_DATE_EPOCH=1790000000 sgrc lint --format github $TMP/s.sgr | sed "s|$TMP|TMP|"
::warning file=TMP/s.sgr,line=1,col=1,title=W0102::this comment silences nothing: it gives no reason
::warning file=TMP/s.sgr,line=2,col=1,title=W0102::this comment silences nothing: no lint is called `no-limit`
::warning file=TMP/s.sgr,line=3,col=1,title=W0102::this comment silences nothing: `unit-mismatch` is an error, which nothing silences
$ SOURCE_DATE_EPOCH=1890000000 sgrc lint --format github $TMP/s.sgr | sed "s|$TMP|TMP|"
::warning file=TMP/s.sgr,line=1,col=1,title=W0102::this comment silences nothing: it gives no reason
::warning file=TMP/s.sgr,line=2,col=1,title=W0102::this comment silences nothing: no lint is called `no-limit`
::warning file=TMP/s.sgr,line=3,col=1,title=W0102::this comment silences nothing: `unit-mismatch` is an error, which nothing silences
::notice file=TMP/s.sgr,line=4,col=5,title=W0208::`A` is not lower_case
::warning file=TMP/s.sgr,line=4,col=11,title=W0101::this comment ended on 2027-01-31
# Modules of the standard library, too.
$ sgrc lint std/verbs std/tracks std/guards std/audits ../../../examples/rolling.sgr std/objects
6 files, 0 errors, 0 warnings
# The canary's autoscaler counts pods beside those that the budget guards.
$ sgrc lint ../../../examples/streamgate/hpa/autoscale.sgr
1 file, 0 errors, 0 warnings
# A folder with a slash at its end.
$ sgrc lint ../../../examples/streamgate/rolling/ --format github | cut -d, -f1
::warning file=../../../examples/streamgate/rolling/gateway.sgr
