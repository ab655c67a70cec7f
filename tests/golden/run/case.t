# A good release, line by line, with the samples left out.
$ sgrc run ../../../examples/rolling.sgr --sim --set image=a/worker:2 | grep -v 'guard healthy: pass'
# The bad one: exit 2, rolled back whole.
$ sgrc run ../../../examples/canary.sgr --sim --scenario "a bad release is rolled back" | grep -v 'guard healthy: pass'; echo $?
$ sgrc run ../../../examples/canary.sgr --sim --scenario "a bad release is rolled back" -q
# JSON, one object a line; the last ones say how it ended.
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | tail -2
$ sgrc run ../../../examples/canary.sgr --sim --scenario "a bad release is rolled back" --output json | tail -2
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | head -3
# The same bytes on every run, and others with another seed.
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | sha256sum > $TMP/1; sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | sha256sum | cmp - $TMP/1
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json --seed 7 | sha256sum | cmp -s - $TMP/1
# From bytecode.
$ sgrc compile ../../../examples/canary.sgr --target bytecode -o $TMP/c.sgb && sgrc run $TMP/c.sgb --sim --set image=a/b:2 -q
$ sgrc run ../../../examples/canary.sgr --sim
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --rollout none
$ sgrc run ../../../examples/canary.sgr --scenario none
$ sgrc run ../../../examples/canary.sgr --set image=a/b:2
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output xml
$ sgrc run ../../../examples/canary.sgr --sim --set replicas=0 --set image=a/b:2
