# Every lint once, at its place. W0602 is in errors/, W0101 and W0102 in case.t.
$ sgrc lint --format github every.sgr
::warning file=every.sgr,line=1,col=1,title=W0206::nothing uses what `unread` exports
::warning file=every.sgr,line=3,col=22,title=W0403::the tag `latest` moves
::warning file=every.sgr,line=4,col=7,title=W0201::nothing reads the parameter `forgotten`
::warning file=every.sgr,line=10,col=5,title=W0205::nothing reads `nobody`
::warning file=every.sgr,line=11,col=4,title=W0204::nothing calls the function `never`
::warning file=every.sgr,line=13,col=10,title=W0402::the pods of this have no cpu and no memory
::warning file=every.sgr,line=15,col=19,title=W0405::the autoscaler keeps 3 to 10 pods, never 2
::warning file=every.sgr,line=17,col=19,title=W0404::this keeps 3 of 3 pods, so that none may be evicted
::warning file=every.sgr,line=19,col=19,title=W0606::a pod goes after 5s, but its readiness is asked every 30s only
::notice file=every.sgr,line=22,col=10,title=W0207::no rollout brings out the workload `idle`
::warning file=every.sgr,line=22,col=10,title=W0401::nothing tells when a pod of this is ready
::warning file=every.sgr,line=22,col=10,title=W0402::the pods of this have no cpu and no memory
::warning file=every.sgr,line=36,col=58,title=W0406::`m` makes this thousandths of a byte
::warning file=every.sgr,line=40,col=8,title=W0202::no guard or statement asks for the metric `unused`
::warning file=every.sgr,line=47,col=13,title=W0701::rate over 1m, with a scrape every 30s
::warning file=every.sgr,line=47,col=13,title=W0705::this selector sees both versions
::warning file=every.sgr,line=48,col=18,title=W0701::rate over 1m, with a scrape every 30s
::warning file=every.sgr,line=48,col=18,title=W0705::this selector sees both versions
::warning file=every.sgr,line=54,col=15,title=W0702::rate of an aggregate takes the restart of one pod for a reset of all
::warning file=every.sgr,line=58,col=19,title=W0703::`http_requests_total` counts since each pod began
::warning file=every.sgr,line=58,col=58,title=W0706::this matches every series, those without the label too
::warning file=every.sgr,line=62,col=50,title=W0707::no series can satisfy this and the matcher before it
::warning file=every.sgr,line=66,col=19,title=W0708::topk picks other series at every sample, so that a guard compares different ones
::notice file=every.sgr,line=69,col=8,title=W0208::`Far` is not lower_case
::warning file=every.sgr,line=71,col=34,title=W0710::a quantile is 0 to 1; this one is +Inf whatever was measured
::warning file=every.sgr,line=75,col=15,title=W0605::without metrics this guard lets everything pass
::warning file=every.sgr,line=76,col=11,title=W0704::without traffic `errors` is 0/0, with little it is noise
::warning file=every.sgr,line=84,col=7,title=W0203::nothing samples the guard `unasked`
::warning file=every.sgr,line=88,col=9,title=W0603::this rollout has no deadline of its own
::warning file=every.sgr,line=95,col=7,title=W0607::the new version has this share already
::warning file=every.sgr,line=97,col=7,title=W0709::the last sample here looks back 30m, but the traffic changed 2m before it
::warning file=every.sgr,line=99,col=18,title=W0601::nothing watches the new version after this increase
::warning file=every.sgr,line=103,col=9,title=W0603::this rollout has no deadline of its own
::warning file=every.sgr,line=106,col=11,title=W0604::nothing looks at the new version before it is promoted
[1]
$ printf 'lints: { missing-doc: warning }\n' > $TMP/.sgrc.yaml; cp ../../../examples/rolling.sgr $TMP/r.sgr; cd $TMP; sgrc lint --format github r.sgr
::warning file=r.sgr,line=43,col=9,title=W0209::`replace` has no doc comment
[1]
# What is well made has none of them.
$ sgrc lint ../../../examples/canary.sgr ../../../examples/blue_green.sgr ../../../examples/rolling.sgr ../../../examples/autoscale.sgr
4 files, 0 errors, 0 warnings
