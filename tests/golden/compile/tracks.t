# The state at rest and after a step, in each mode.
$ sgrc compile ../../../examples/blue_green.sgr --set image=a/b:1 | grep -E '^kind|  name:|replicas:|    track'
$ sgrc compile ../../../examples/canary.sgr --set image=a/b:1 --at smoke | grep -E '^kind|^  name:|replicas:|canary-weight'
$ sgrc compile ../../../examples/canary.sgr --set image=a/b:1 --at nowhere
