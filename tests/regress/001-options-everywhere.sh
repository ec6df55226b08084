# --version of a verb, and options that stand everywhere before the verb, were unknown.
for verb in table run check list schema export show plot merge bench about; do
  [ "$($rw $verb --version)" = "$($rw --version)" ] || { echo "$verb --version"; exit 1; }
done
$rw list stacks >after && $rw --quiet list stacks >before && cmp before after || exit 1
[ "$($rw --json about | head -c 1)" = '{' ] || exit 1
$rw --plugin nosuch.so list >out 2>err
[ $? = 3 ] && grep -q 'nosuch.so' err || exit 1
$rw --nosuch list 2>err
[ $? = 2 ]
