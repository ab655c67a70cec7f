$ sgrc load
sgrc: load takes one address, such as http://gateway.example/
[2]
$ sgrc load http://localhost/
sgrc: say how fast: one of --rate 200, --ramp 100..1000 and --steps 100,500,1000
[2]
$ sgrc load http://localhost/ --rate 0
sgrc: a load needs a rate above 0
[2]
$ sgrc load http://localhost/ --rate 1000000000
sgrc: one process sends at most 20000 requests a second; for more, start several
[2]
$ sgrc load http://localhost/ --rate nan
sgrc: --rate takes requests a second, such as 200, not 'nan'
[2]
$ sgrc load http://localhost/ --rate -5
sgrc: a load needs a rate above 0
[2]
$ sgrc load http://localhost/ --rate 5 --ramp 1..2
sgrc: say how fast: one of --rate 200, --ramp 100..1000 and --steps 100,500,1000
[2]
$ sgrc load http://localhost/ --ramp 100
sgrc: --ramp takes two rates, such as 100..1000, not '100'
[2]
$ sgrc load http://localhost/ --ramp 100..x
sgrc: --ramp takes two rates, such as 100..1000, not '100..x'
[2]
$ sgrc load http://localhost/ --ramp 0..0
sgrc: a load needs a rate above 0
[2]
$ sgrc load http://localhost/ --steps 1,,2
sgrc: --steps takes at most 100 rates, such as 100,500, not '1,,2'
[2]
$ sgrc load http://localhost/ --steps ""
sgrc: --steps takes at most 100 rates, such as 100,500, not ''
[2]
$ sgrc load http://localhost/ --rate 5 --for soon
sgrc: --for takes a time, such as 30s or 1m30s, not 'soon'
[2]
$ sgrc load http://localhost/ --rate 5 --for 40d
sgrc: a load lasts longer than 0s and at most 1d
[2]
$ sgrc load http://localhost/ --rate 5 --timeout 1ms
sgrc: the time-out of a request is from 10ms to 1h
[2]
$ sgrc load http://localhost/ --rate 5 --connections 0
sgrc: there are from 1 to 4096 connections
[2]
$ sgrc load http://localhost/ --rate 5 --connections 100000
sgrc: there are from 1 to 4096 connections
[2]
$ sgrc load http://localhost/ --rate 5 --method "GET /"
sgrc: a method is a word in capitals, such as GET
[2]
$ sgrc load http://localhost/ --rate 5 --header nonsense
sgrc: a header is "Name: value", on one line
[2]
$ sgrc load http://localhost/ --rate 5 --max-errors 200%
sgrc: --max-errors takes a share, such as 1%, not '200%'
[2]
$ sgrc load http://localhost/ --rate 5 --max-p99 fast
sgrc: --max-p99 takes a time, such as 30s or 1m30s, not 'fast'
[2]
$ sgrc load ftp://localhost/ --rate 5
sgrc: the address must be http://HOST/... or https://HOST/...
[2]
$ sgrc load http:// --rate 5
sgrc: the address must be http://HOST/... or https://HOST/...
[2]
$ sgrc load 'http://local host/' --rate 5
sgrc: the address must be http://HOST/... or https://HOST/...
[2]
$ sgrc load http://127.0.0.1:1/ --rate 5 --for 1s > $TMP/out 2>&1; status=$?; sed 's/after [0-9]* ms/after N ms/; s| in [0-9.]*s: [0-9.]*/s| in N s: N/s|' $TMP/out; exit $status
sgrc: 100% of the requests are errors; at most 0% may be; the first: http://127.0.0.1:1: Failed to connect to 127.0.0.1 port 1 after N ms: Couldn't connect to server
sent      5 of 5 in N s: N/s of 5.0/s
answered  0
failed    5  not_connected 5
errors    100%
[1]
# in scripts
$ sgrc test load.sgr
load.sgr
  pass under load the guard has enough requests to judge
  pass without it there are too few
2 passed, 0 failed
$ sgrc lint load.sgr
1 file, 0 errors, 0 warnings
$ sgrc run load.sgr --rollout ship --sim --set image=shop/web:2 | grep -E 'load|outcome|took'
00:01:09    load: 15300 requests to http://web.shop/ at 255/s, 0% errors, p99 100ms
00:02:09    load: 9000 requests to http://web.shop/ at 150/s, 0% errors, p99 100ms
00:02:09  step "loaded"
00:02:09    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:02:19    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:02:29    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:02:39    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:02:50    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:03:00    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:03:10    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:03:20    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:03:30    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:03:40    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:03:50    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:04:00    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:04:10    guard loaded: pass (requests(new) = 666.6666666666666/s, error_rate(new) = 0)
00:04:10    verdict of loaded: pass
00:05:09    load: 180000 requests to http://web.shop/ at 1000/s, 0% errors, p99 100ms
00:05:40  outcome: promoted
took 5m40s777ms of virtual time; 0 of 545077 requests failed for want of a ready pod; downtime 0s
$ sgrc run load.sgr --rollout refused --sim --set image=shop/web:2
00:00:00  web: shop/web:stable -> shop/web:2 (canary, traffic by replicas)
00:00:00    scale canary to 1
00:00:09    scale stable to 2
00:00:09    traffic: new 33.3%, old 66.7%
00:00:09  failed: a load needs a rate above 0
00:00:09  rollback: traffic first
00:00:09    traffic: new 0%, old 100%
00:00:28  outcome: rolled_back
took 28s518ms of virtual time; 0 of 28518 requests failed for want of a ready pod; downtime 0s; traffic was back after 18s611ms
[2]
