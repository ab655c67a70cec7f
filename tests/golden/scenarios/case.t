$ sgrc test verbs.sgr
verbs.sgr
  pass every verb works
  pass silence of a person fails
  pass slow pods are waited for
  pass an image that cannot be pulled
  pass a short outage of the API server is ridden out
  pass Prometheus goes away
  pass a route that is never accepted
  pass a node goes down
  pass deleting and scaling
  pass what fails takes back what was written beside it
  pass the other colour
  pass an explicit rollback ends without failure
12 passed, 0 failed
$ sgrc test silent.sgr
silent.sgr
  pass nothing to compare with
  pass a fixed limit
2 passed, 0 failed
$ sgrc test failing.sgr --junit $TMP/report.xml
failing.sgr
  FAIL what does not hold is shown with its values
    line 23: expect outcome == promoted
      outcome is rolled_back
    line 24: expect max(traffic(new)) <= 10%
      max(traffic(new)) is 50%
  FAIL another does not hold
    line 30: expect outcome == promoted
      outcome is rolled_back
0 passed, 2 failed
[1]
$ cat $TMP/report.xml
<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="sgrc test" tests="2" failures="2">
    <testcase classname="failing.sgr" name="what does not hold is shown with its values">
      <failure>    line 23: expect outcome == promoted
      outcome is rolled_back
    line 24: expect max(traffic(new)) &lt;= 10%
      max(traffic(new)) is 50%
</failure>
    </testcase>
    <testcase classname="failing.sgr" name="another does not hold">
      <failure>    line 30: expect outcome == promoted
      outcome is rolled_back
</failure>
    </testcase>
  </testsuite>
</testsuites>
$ sgrc test failing.sgr --filter another
failing.sgr
  FAIL another does not hold
    line 30: expect outcome == promoted
      outcome is rolled_back
0 passed, 1 failed
[1]
$ sgrc test verbs.sgr failing.sgr -q --seed 3
  FAIL what does not hold is shown with its values
    line 23: expect outcome == promoted
      outcome is rolled_back
    line 24: expect max(traffic(new)) <= 10%
      max(traffic(new)) is 50%
  FAIL another does not hold
    line 30: expect outcome == promoted
      outcome is rolled_back
12 passed, 2 failed
[1]
$ sgrc test faults.sgr
faults.sgr
  pass conflicts is ridden out
  pass throttled is ridden out
  pass slow api is ridden out
  pass lost answers is ridden out
  pass a silent watch does no harm
  pass late events is ridden out
  pass repeated events is ridden out
  pass stale reads is ridden out
  pass expired token is ridden out
  pass killed is ridden out
  pass suspended is ridden out
  pass record unwritable is ridden out
  pass nan metrics is ridden out
  pass stale metrics is ridden out
  pass partial metrics is ridden out
  pass many series is ridden out
  pass no requests is ridden out
  pass unschedulable is ridden out
  pass quota is ridden out
  pass somebody scales the new track away
  pass nan metrics for ever goes back
  pass stale metrics for ever goes back
  pass partial metrics for ever goes back
  pass many series for ever goes back
  pass no requests for ever goes back
  pass unschedulable for ever goes back
  pass quota for ever goes back
  pass a new track that flaps for a while
  pass deleted for ever goes back
  pass foreign manager goes back
  pass admission denied goes back
  pass forbidden goes back
  pass invalid goes back
  pass expired token goes back
  pass route deleted goes back
  pass another image in the new track
  pass routes that somebody writes back
  pass a manager that never gives way
  pass tls errors are ridden out
  pass tls errors go back
  pass odd answers are ridden out
  pass a credential plugin that fails for a while
  pass a server of another age goes back
  pass an API that is removed goes back
  pass another image by a webhook goes back
  pass the name of the canary is taken
  pass a restored backup, and a person lets it go on
  pass a restored backup, and nobody says that it may go on
  pass another Deployment under the same name
  pass another old Deployment under the same name
  pass the Service in front gets pods of both versions, and a person refuses
  pass superseded by another image
  pass superseded by another stable image
  pass routes that are written back twice hold the run
  pass pods that do not stay ready are not promoted
  pass an old version that is not whole is refused
  pass an old version that is not whole, and a person begins all the same
  pass counters that begin again
  pass a clock that goes wrong for a while
  pass a clock that goes wrong a little
  pass a clock that stays wrong goes back
  pass huge answers go back
  pass interrupted and resumed
  pass a damaged record is refused until a person puts it back
  pass a script that has used up what it may goes back
  pass settings that the old version needs are deleted
66 passed, 0 failed
# Guards that remember: counters, not_worse, similar, the error budget.
$ sgrc test judges.sgr
judges.sgr
  pass a counter is differenced
  pass a counter that grows too fast
  pass a counter without an answer
  pass a counter begins again after a silence
  pass both versions fail alike
  pass the new version fails twice as often
  pass the new version is better
  pass nobody asks the new version
  pass evidence outlasts a hold and a resumed run
  pass latencies alike
  pass latencies that differ
  pass no latencies
  pass a rollout within its budget
  pass the budget is spent though no guard minds
  pass a silent counter costs nothing
15 passed, 0 failed
# A failed require shows the rates of both sides and the evidence, or the medians and the p-value.
$ sgrc run judges.sgr --sim --scenario 'the new version fails twice as often' | grep -A1 breach | head -2
00:00:29    guard steady: breach (errors(new) / requests(new) = 1.984%, errors(old) / requests(old) = 0.998%, evidence = 135.942) against not_worse(errors(new), requests(new), errors(old), requests(old), alpha = 1%)
00:00:39    guard steady: breach (errors(new) / requests(new) = 1.984%, errors(old) / requests(old) = 0.999%, evidence = 3083.491) against not_worse(errors(new), requests(new), errors(old), requests(old), alpha = 1%)
$ sgrc run judges.sgr --sim --scenario 'latencies that differ' | grep breach | head -1
00:02:36    guard alike: breach (median of p99(new) = 0.13, median of p99(old) = 0.1, p-value = below 0.001) against similar(p99(new), p99(old), confidence = 98%, tolerance = 25%)
$ sgrc run judges.sgr --sim --scenario 'the budget is spent though no guard minds' | grep failed:
00:01:50  failed: the error budget is spent: 110 of 101109 requests failed on the new track (0.109%), 0.1% may
# Scenarios that kill the runner themselves.
$ sgrc test in_doubt.sgr
in_doubt.sgr
  pass a webhook in doubt is called again when a person says so
  pass a webhook in doubt is not called again when nobody says so
2 passed, 0 failed
# Traffic providers that scripts bring along.
$ sgrc test own_provider.sgr annotated.sgr
own_provider.sgr
  pass good
  pass bad
annotated.sgr
  pass the share is what the run says
3 passed, 0 failed
$ sgrc compile own_provider.sgr --set image=web:2 --at some | grep -A16 '^kind: TraefikService'
kind: TraefikService
metadata:
  name: web
  namespace: default
spec:
  weighted:
    services:
    - name: web-stable
      port: 8080
      weight: 75
    - name: web-canary
      port: 8080
      weight: 25
