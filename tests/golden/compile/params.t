# Parameters of every type, from the command line, the environment and a file of values.
$ printf 'param a: int = 1\nparam c: string = "x"\nparam d: duration = 1s\nparam e: percent = 1%%\nparam f: cpu = 1\nparam g: memory = 1Mi\nparam h: rate = 1/s\nparam i: bool = true\nparam j: list<int> = [1]\nparam k: map<string> = { a = "b" }\nparam l: range<int> = 1 .. 2\nparam m: image = "a/b:1"\nparam o: list<duration> = [5m]\nobject { apiVersion = "v1"; kind = "ConfigMap"; metadata = { name = "c" }; data = { v = "${a} ${c} ${d} ${e} ${f} ${g} ${h} ${i} ${j} ${k} ${l} ${m} ${o}" } }\n' > $TMP/p.sgr; cd $TMP; sgrc compile p.sgr | grep ' v:'
  v: 1 x 1s 1% 1 1Mi 1/s true [1] { a = "b" } 1 .. 2 a/b:1 [5m]
$ cd $TMP; sgrc compile p.sgr --set a=5 --set c='a "b" ${c}' --set d=5m --set e=7% --set f=250m --set g=2Gi --set h=5/s --set i=false --set 'j=[1,2]' --set 'k={x="y"}' --set 'l=3 .. 4' --set m=x/y:2 --set 'o=[1h, 30s]' | grep ' v:'
  v: 5 a "b" ${c} 5m 7% 250m 2Gi 5/s false [1, 2] { x = "y" } 3 .. 4 x/y:2 [1h, 30s]
$ cd $TMP; printf 'a: 5\nc: 7\nd: 5m\ne: 7%%\nf: 0.25\ng: 2Gi\nh: 5/s\ni: false\nj: [1, 2]\nk: {x: "y $z ${y} \\\\"}\nl: 3 .. 4\nm: x/y:2\no: [1h, 30s]\n' > v.yaml; sgrc compile p.sgr --values v.yaml | grep ' v:'; SGR_PARAM_a=6 sgrc compile p.sgr --values v.yaml | grep -o ' v: 6'; SGR_PARAM_a=6 sgrc compile p.sgr --values v.yaml --set a=7 | grep -o ' v: 7'
  v: 5 7 5m 7% 250m 2Gi 5/s false [1, 2] { x = "y $z ${y} \\" } 3 .. 4 x/y:2 [1h, 30s]
 v: 6
 v: 7
$ cd $TMP; for s in a=x a=1.5 a= d=5 e=5 f=x g=5m h=5 i=yes 'j=[1,"a"]' j=1 'k={x=1}' l=5 m=A 'm=a b' zz=1 'a=1; b' 'a=1 +' a; do sgrc compile p.sgr --set "$s"; done
sgrc: parameter `a` wants a int, not `x`
sgrc: parameter `a` wants a int, not `1.5`
sgrc: parameter `a` wants a int, not ``
sgrc: parameter `d` wants a duration, not `5`
sgrc: parameter `e` wants a percent, not `5`
sgrc: parameter `f` wants a cpu, not `x`
sgrc: parameter `g` wants a memory, not `5m`
sgrc: parameter `h` wants a rate, not `5`
sgrc: parameter `i` wants a bool, not `yes`
sgrc: parameter `j` wants a list<int>, not `[1,"a"]`
sgrc: parameter `j` wants a list<int>, not `1`
sgrc: parameter `k` wants a map<string>, not `{x=1}`
sgrc: parameter `l` wants a range<int>, not `5`
sgrc: parameter `m` wants an image, not `A`
sgrc: parameter `m` wants an image, not `a b`
sgrc: the script has no parameter `zz`
sgrc: parameter `a` wants a int, not `1; b`
sgrc: parameter `a` wants a int, not `1 +`
sgrc: --set a: write NAME=VALUE
[1]
$ cd $TMP; for y in 'a: x' 'a: 1.5' 'd: 5' 'i: yes' 'j: [a]' 'j: 5' 'k: {x: 1}' 'o: [5]' 'm: A' 'zz: 1' 'a: [1' 'a: 99999999999999999999'; do echo "$y" > v.yaml; sgrc compile p.sgr --values v.yaml; done; echo '- a' > v.yaml; sgrc compile p.sgr --values v.yaml; sgrc compile p.sgr --values missing.yaml; sgrc compile p.sgr --values .
sgrc: parameter `a` wants a int, not `x`
sgrc: parameter `a` wants a int, not `1.5`
sgrc: parameter `d` wants a duration, not `5`
sgrc: parameter `i` wants a bool, not `yes`
sgrc: parameter `j` wants a list<int>, not `[a]`
sgrc: parameter `j` wants a list<int>, not `5`
sgrc: parameter `k` wants a map<string>, not `{"x" = 1}`
sgrc: parameter `o` wants a list<duration>, not `[5]`
sgrc: parameter `m` wants an image, not `A`
sgrc: the script has no parameter `zz`
sgrc: v.yaml: line 2, column 1: while parsing a flow sequence, did not find expected ',' or ']'
sgrc: v.yaml: line 1, column 4: the number 99999999999999999999 does not fit 64 bits
sgrc: v.yaml: a file of parameters is one YAML map
sgrc: cannot read missing.yaml: No such file or directory
sgrc: cannot read .: Is a directory
[1]
$ cd $TMP; SGR_PARAM_a=x sgrc compile p.sgr; SGR_PARAM_zz=1 sgrc compile p.sgr
sgrc: SGR_PARAM_a: parameter `a` wants a int, not `x`
sgrc: SGR_PARAM_zz: the script has no parameter `zz`
[1]
