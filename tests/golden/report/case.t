$ sgrc run ../../../examples/canary.sgr --scenario "a bad release is rolled back" --output json > $TMP/run.ndjson; sgrc report $TMP/run.ndjson -o $TMP/run.html
$ sed -n '/<h1>/,/<\/dl>/p' $TMP/run.html
<h1>ship <span class="careful">rolled_back</span></h1>
<dl>
<dt>workload</dt><dd>gateway</dd>
<dt>from</dt><dd>streamgate/gateway:stable</dd>
<dt>to</dt><dd>streamgate/gateway:2.0.0</dd>
<dt>mode</dt><dd>canary</dd>
<dt>traffic by</dt><dd>nginx</dd>
<dt>took</dt><dd>4m31s</dd>
<dt>because</dt><dd>guard healthy failed: error_rate(new) &lt; 1%</dd>
<dt>requests</dt><dd>271867</dd>
<dt>failed requests</dt><dd>0</dd>
<dt>downtime</dt><dd>0s</dd>
</dl>
$ sed -n '/role="img"/,/<\/svg>$/p' $TMP/run.html | head -20
<svg viewBox="0 0 960 158" role="img" aria-label="steps, and the traffic of the new version">
<svg x="56.5" y="0" width="429.6" height="22"><title>smoke</title><rect width="100%" height="18" rx="3" fill="#8c959f" fill-opacity=".25"/><text x="4" y="13">smoke</text></svg>
<svg viewBox="0 0 960 56" role="img" aria-label="requests(new)">
<text x="50" y="12" text-anchor="end">100/s</text><text x="50" y="52" text-anchor="end">50/s</text>
<polyline fill="none" stroke="#0969da" points="286.8,50.0 320.0,50.0 353.2,50.0 386.4,50.0 419.6,50.0 452.9,50.0 486.1,50.0 487.0,6.0 520.2,6.0 553.4,6.0 586.7,6.0 619.9,6.0 653.1,6.0 686.3,6.0 719.5,6.0 752.8,6.0 786.0,6.0 819.2,6.0 852.3,6.0 885.4,6.0 918.5,6.0 "/>
<circle cx="852.3" cy="6.0" r="3" fill="#cf222e"/><circle cx="885.4" cy="6.0" r="3" fill="#cf222e"/><circle cx="918.5" cy="6.0" r="3" fill="#cf222e"/>
</svg>
<svg viewBox="0 0 960 56" role="img" aria-label="error_rate(new)">
<text x="50" y="12" text-anchor="end">7%</text><text x="50" y="52" text-anchor="end">0.1%</text>
<polyline fill="none" stroke="#0969da" points="286.8,50.0 320.0,50.0 353.2,50.0 386.4,50.0 419.6,50.0 452.9,50.0 486.1,50.0 487.0,50.0 520.2,50.0 553.4,50.0 586.7,50.0 619.9,50.0 653.1,50.0 686.3,50.0 719.5,50.0 752.8,50.0 786.0,50.0 819.2,50.0 852.3,6.0 885.4,6.0 918.5,6.0 "/>
<circle cx="852.3" cy="6.0" r="3" fill="#cf222e"/><circle cx="885.4" cy="6.0" r="3" fill="#cf222e"/><circle cx="918.5" cy="6.0" r="3" fill="#cf222e"/>
</svg>
<svg viewBox="0 0 960 56" role="img" aria-label="p99(new)">
<text x="50" y="12" text-anchor="end">100ms</text>
<polyline fill="none" stroke="#0969da" points="286.8,50.0 320.0,50.0 353.2,50.0 386.4,50.0 419.6,50.0 452.9,50.0 486.1,50.0 487.0,50.0 520.2,50.0 553.4,50.0 586.7,50.0 619.9,50.0 653.1,50.0 686.3,50.0 719.5,50.0 752.8,50.0 786.0,50.0 819.2,50.0 "/>

</svg>
<svg viewBox="0 0 960 56" role="img" aria-label="p99(old)">
<text x="50" y="12" text-anchor="end">100ms</text>
<polyline fill="none" stroke="#0969da" points="286.8,50.0 320.0,50.0 353.2,50.0 386.4,50.0 419.6,50.0 452.9,50.0 486.1,50.0 487.0,50.0 520.2,50.0 553.4,50.0 586.7,50.0 619.9,50.0 653.1,50.0 686.3,50.0 719.5,50.0 752.8,50.0 786.0,50.0 819.2,50.0 "/>
$ grep '<p>' $TMP/run.html
<p>requests(new)</p>
<p>error_rate(new)</p>
<p>p99(new)</p>
<p>p99(old)</p>
$ grep '<tr' $TMP/run.html | tail -8
<tr class="bad"><td>00:04:01</td><td class="in">  guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) &lt; 1%</td></tr>
<tr class="bad"><td>00:04:11</td><td class="in">  guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) &lt; 1%</td></tr>
<tr class="bad"><td>00:04:21</td><td class="in">  guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) &lt; 1%</td></tr>
<tr class="bad"><td>00:04:21</td><td class="in">  verdict of healthy: fail</td></tr>
<tr class="bad"><td>00:04:21</td><td class="">failed: guard healthy failed: error_rate(new) &lt; 1%</td></tr>
<tr class="careful"><td>00:04:21</td><td class="">rollback: traffic first</td></tr>
<tr class=""><td>00:04:21</td><td class="in">  traffic: new 0%, old 100%</td></tr>
<tr class="careful"><td>00:04:31</td><td class="">outcome: rolled_back</td></tr>
$ sgrc report hostile.ndjson | sed 's/<style>.*<.style>//'
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>&lt;script&gt;alert(1)&lt;/script&gt;</title></head><body>
<h1>&lt;script&gt;alert(1)&lt;/script&gt; <span class="careful">rolled_back</span></h1>
<dl>
<dt>workload</dt><dd>a&amp;b</dd>
<dt>from</dt><dd>a:1</dd>
<dt>to</dt><dd>&lt;b&gt;:2</dd>
<dt>mode</dt><dd>canary</dd>
<dt>traffic by</dt><dd>&quot;nginx&quot;</dd>
<dt>took</dt><dd>7s</dd>
<dt>because</dt><dd>guard &lt;g&gt; &amp; others</dd>
</dl>
<h2>Steps and traffic</h2>
<svg viewBox="0 0 960 158" role="img" aria-label="steps, and the traffic of the new version">
<svg x="248.0" y="0" width="576.0" height="22"><title>&lt;/title&gt;&lt;script&gt;</title><rect width="100%" height="18" rx="3" fill="#8c959f" fill-opacity=".25"/><text x="4" y="13">&lt;/title&gt;&lt;script&gt;</text></svg>
<text x="50" y="146.0" text-anchor="end">0%</text><line x1="56" x2="952" y1="142.0" y2="142.0" stroke="#8c959f" stroke-opacity=".3"/>
<text x="50" y="86.0" text-anchor="end">50%</text><line x1="56" x2="952" y1="82.0" y2="82.0" stroke="#8c959f" stroke-opacity=".3"/>
<text x="50" y="26.0" text-anchor="end">100%</text><line x1="56" x2="952" y1="22.0" y2="22.0" stroke="#8c959f" stroke-opacity=".3"/>
<path fill="#0969da" fill-opacity=".2" stroke="#0969da" d="M56 142.0L312.0 142.0L312.0 112.0L952 112.0L952 142.0Z"/>
<line x1="824.0" x2="824.0" y1="0" y2="142" stroke="#cf222e" stroke-dasharray="4"><title>rollback</title></line>
<text x="56.0" y="156" text-anchor="start">00:00:00</text>
<text x="280.0" y="156" text-anchor="middle">00:00:01</text>
<text x="504.0" y="156" text-anchor="middle">00:00:03</text>
<text x="728.0" y="156" text-anchor="middle">00:00:05</text>
<text x="952.0" y="156" text-anchor="end">00:00:07</text>
</svg>
<h2>What the guards saw</h2>
<p>m(&quot;&lt;i&gt;&quot;)</p>
<svg viewBox="0 0 960 56" role="img" aria-label="m(&quot;&lt;i&gt;&quot;)">
<text x="50" y="12" text-anchor="end">2m</text><text x="50" y="52" text-anchor="end">1m30s</text>
<polyline fill="none" stroke="#0969da" points="440.0,50.0 568.0,6.0 "/>
<circle cx="440.0" cy="50.0" r="3" fill="#cf222e"/><circle cx="568.0" cy="6.0" r="3" fill="#9a6700"/>
</svg>
<p>mem</p>
<svg viewBox="0 0 960 56" role="img" aria-label="mem">
<text x="50" y="12" text-anchor="end">512Mi</text>
<polyline fill="none" stroke="#0969da" points="440.0,50.0 "/>
<circle cx="440.0" cy="50.0" r="3" fill="#cf222e"/>
</svg>
<p>n</p>
<svg viewBox="0 0 960 56" role="img" aria-label="n">
<text x="50" y="12" text-anchor="end">7</text>
<polyline fill="none" stroke="#0969da" points="440.0,50.0 "/>
<circle cx="440.0" cy="50.0" r="3" fill="#cf222e"/>
</svg>
<h2>What happened</h2>
<table>
<tr class=""><td>00:00:00</td><td class="">a&amp;b: a:1 -&gt; &lt;b&gt;:2 (canary, traffic by &quot;nginx&quot;)</td></tr>
<tr class="step"><td>00:00:01</td><td class="">step &quot;&lt;/title&gt;&lt;script&gt;&quot;</td></tr>
<tr class=""><td>00:00:02</td><td class="in">  traffic: new 25%, old 75%</td></tr>
<tr class="bad"><td>00:00:03</td><td class="in">  guard g: breach (m(&quot;&lt;i&gt;&quot;) = 1m30s, odd = NaN, gone = , mem = 512Mi, n = 7)</td></tr>
<tr class="careful"><td>00:00:04</td><td class="in">  guard g: no_signal (m(&quot;&lt;i&gt;&quot;) = 2m)</td></tr>
<tr class="bad"><td>00:00:05</td><td class="">failed: guard &lt;g&gt; &amp; others</td></tr>
<tr class="careful"><td>00:00:06</td><td class="">rollback: traffic first</td></tr>
<tr class="careful"><td>00:00:07</td><td class="">outcome: rolled_back</td></tr>
</table>
</body></html>
# A run that is under way, and one whose last line was cut off.
$ head -30 $TMP/run.ndjson > $TMP/part; printf '{"time":1' >> $TMP/part; sgrc report $TMP/part | grep '<h1>'
<h1>ship <span class="careful">not over</span></h1>
$ sgrc report - < $TMP/run.ndjson | cmp - $TMP/run.html && echo the same
the same
$ sgrc run ../../../examples/canary.sgr --scenario "a bad release is rolled back" --report $TMP/own.html | tail -1; cmp $TMP/own.html $TMP/run.html && echo the same
took 4m31s867ms of virtual time; 0 of 271867 requests failed for want of a ready pod; downtime 0s; traffic was back after 20ms
the same
$ sgrc run ../../../examples/canary.sgr --scenario "a bad release is rolled back" --report /nowhere/own.html | tail -1
sgrc: cannot write /nowhere/own.html: No such file or directory
took 4m31s867ms of virtual time; 0 of 271867 requests failed for want of a ready pod; downtime 0s; traffic was back after 20ms
# Mistakes.
$ printf 'hello\n' | sgrc report -
sgrc: -, line 1: this is no line of `sgrc run --output json`
[1]
$ printf '\n{"time":-1,"type":"run"}\n' | sgrc report -
sgrc: -, line 2: this is no line of `sgrc run --output json`
[1]
$ printf '{"time":1e300,"type":"run"}\n' | sgrc report -
sgrc: -, line 1: this is no line of `sgrc run --output json`
[1]
$ printf '[1]\n' | sgrc report -
sgrc: -, line 1: this is no line of `sgrc run --output json`
[1]
$ printf '' | sgrc report -
sgrc: - has no line of `sgrc run --output json`
[1]
$ sgrc report nowhere
sgrc: cannot read nowhere: No such file or directory
[1]
$ sgrc report
sgrc: report takes one file of `sgrc run --output json`, or - for standard input
[1]
$ sgrc report hostile.ndjson -o /nowhere/x.html
sgrc: cannot write /nowhere/x.html: No such file or directory
[1]
