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
  pass the other colour
  pass an explicit rollback ends without failure
11 passed, 0 failed
$ sgrc test failing.sgr --junit $TMP/report.xml
failing.sgr
  FAIL what does not hold is shown with its values
    line 23: expect outcome == promoted
      outcome is rolled_back
    line 24: expect max(traffic(new)) <= 10%
      max(traffic(new)) is 50%
  FAIL an unknown fault is told
    invariant broken: the simulator knows no fault `earthquake`
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
    <testcase classname="failing.sgr" name="an unknown fault is told">
      <failure>    invariant broken: the simulator knows no fault `earthquake`
</failure>
    </testcase>
  </testsuite>
</testsuites>
$ sgrc test failing.sgr --filter fault
failing.sgr
  FAIL an unknown fault is told
    invariant broken: the simulator knows no fault `earthquake`
0 passed, 1 failed
[1]
$ sgrc test verbs.sgr failing.sgr -q --seed 3
  FAIL what does not hold is shown with its values
    line 23: expect outcome == promoted
      outcome is rolled_back
    line 24: expect max(traffic(new)) <= 10%
      max(traffic(new)) is 50%
  FAIL an unknown fault is told
    invariant broken: the simulator knows no fault `earthquake`
11 passed, 2 failed
[1]
