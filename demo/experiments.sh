#!/bin/sh
# The paper's experiments on the demo's four models, as docs/experiments.md tells them.
#
#   demo/experiments.sh KNDB OUT      KNDB: the command; OUT: a folder to make
#
# Every number of that page comes from here: all draws are seeded, and the same build gives the same files.
set -eu
kndb=$1
out=$2
demo=$(dirname "$0")
# Without P37: its first template is the beginning of another one (demo/README.md).
relations=P30,P36,P38,P361,P421,P1376
mkdir "$out"
db=$out/demo.kndb

"$kndb" init "$db"
"$kndb" facts "$db" "$demo/facts" --quiet
for model in bilingual-masked bilingual-causal english-masked english-causal; do
    case $model in
        bilingual-*) langs=en,zh ;;
        *) langs=en ;;
    esac
    "$kndb" attribute "$db" --model "$demo/models/$model" --run "$model" --langs $langs --relations $relations --prompts 1
    # Evidence for any thresholds that a query below asks for.
    "$kndb" dkn "$db" --model "$demo/models/$model" --from "$model" --keep-low 1 --keep-high 0.01
done

for model in bilingual-masked bilingual-causal; do
    for preset in sound amig-code; do
        # The models are cased, so the released code's lower case would ask for unknown words.
        case $preset in
            amig-code) keep_case=--keep-case ;;
            *) keep_case= ;;
        esac
        "$kndb" edit-study "$db" --model "$demo/models/$model" --preset $preset $keep_case --seed 1 \
            --json "$out/edit-$model-$preset.json" >"$out/edit-$model-$preset.txt"
    done
done
for model in bilingual-masked bilingual-causal english-masked english-causal; do
    for t_high in 0.25 0.05; do
        # Too few groups at a threshold are an answer, and the page says so.
        "$kndb" fact-check "$db" --model "$demo/models/$model" --where t_high=$t_high --seed 1 \
            --json "$out/check-$model-$t_high.json" >"$out/check-$model-$t_high.txt" 2>&1 || cat "$out/check-$model-$t_high.txt"
    done
done

"$kndb" plot "$db" kn -o "$out/kn.svg" -o "$out/kn.png"
"$kndb" plot "$db" likn -o "$out/likn.svg" -o "$out/likn.png"
"$kndb" plot "$db" dkn --where t_high=0.05 -o "$out/dkn.svg" -o "$out/dkn.png"
"$kndb" plot "$db" heatmap --run bilingual-masked --langs en -o "$out/heatmap.svg" -o "$out/heatmap.png"
"$kndb" plot "$db" overlap --run bilingual-masked -o "$out/overlap.svg" -o "$out/overlap.png"
"$kndb" report "$db" -o "$out/report.html" \
    --include "$out/edit-bilingual-masked-sound.txt" --include "$out/edit-bilingual-causal-sound.txt" \
    --include "$out/check-bilingual-masked-0.05.txt"
