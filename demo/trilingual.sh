#!/bin/sh
# Language-independent neurons over three languages, as docs/experiments.md tells them ("Three languages").
#
#   demo/trilingual.sh KNDB OUT      KNDB: the command; OUT: a folder to make
#
# Every number of that section comes from here: all draws are seeded, and the same build gives the same files.
set -eu
kndb=$1
out=$2
demo=$(dirname "$0")
facts=$demo/facts-trilingual
mkdir "$out"
db=$out/trilingual.kndb

"$kndb" init "$db"
"$kndb" facts "$db" "$facts" --quiet

# Facts whose subject, or object, is written alike in English and French (Paris, Berlin): to the masked model, one and the same token.
labels() {
    sed "s/.*\"uuid\": \"\([^\"]*\)\".*\"$2\": \"\([^\"]*\)\".*/\1 \2/" "$facts/$1"/P*.jsonl | sort
}
for entity in sub obj; do
    labels en ${entity}_label >"$out/en.labels"
    labels fr ${entity}_label >"$out/fr.labels"
    ids=$(comm -12 "$out/en.labels" "$out/fr.labels" | cut -d ' ' -f 1 | paste -s -d , -)
    "$kndb" query "$db" "let ${entity}_alike = facts[fact in ($ids)]"
done

for model in trilingual-masked trilingual-causal; do
    [ -d "$demo/models/$model" ] || continue
    run=run=\"$model\"
    "$kndb" attribute "$db" --model "$demo/models/$model" --run "$model" --langs en,zh,fr --prompts 1
    {
        # What the model knows, and how many neurons it uses for it.
        "$kndb" query "$db" "entries[$run] by lang"
        "$kndb" query "$db" "kn[$run] by lang"
        # In all three languages, in exactly two, in one alone.
        for langs in 3 2 1; do
            "$kndb" query "$db" "kn[$run, langs=$langs] by layer"
        done
        # Two at a time; then where both, one or none of subject and object are written alike in English and French.
        "$kndb" query "$db" "similarity(kn[$run]) between lang"
        "$kndb" query "$db" "similarity(kn[$run] & @sub_alike & @obj_alike) between lang"
        "$kndb" query "$db" "similarity((kn[$run] - @sub_alike) & @obj_alike) between lang"
        "$kndb" query "$db" "similarity((kn[$run] & @sub_alike) - @obj_alike) between lang"
        "$kndb" query "$db" "similarity(kn[$run] - @sub_alike - @obj_alike) between lang"
        # Does Chinese have of what English and French share more than it has of another fact's?
        "$kndb" query "$db" "similarity(likn[$run, lang in (en, fr)], kn[$run, lang=zh])"
        # By relation.
        "$kndb" query "$db" "likn[$run, lang in (en, zh, fr)] by relation"
    } >"$out/$model.txt" 2>&1
    # By layer, against chance: of all facts, and of those of which nothing is written alike.
    for langs in en,zh,fr en,zh en,fr zh,fr; do
        "$kndb" plot "$db" likn --run "$model" --langs $langs -o "$out/$model-$langs.svg"
        "$kndb" plot "$db" likn --run "$model" --langs $langs --without @sub_alike --without @obj_alike \
            -o "$out/$model-$langs-unlike.svg"
    done >"$out/$model-likn.txt" 2>&1
    # What suppressing them does, language by language; and without continents, of which a relation's facts share six.
    "$kndb" edit-study "$db" --model "$demo/models/$model" --run "$model" --langs en,zh,fr --seed 1 \
        --json "$out/edit-$model.json" >"$out/edit-$model.txt"
    "$kndb" edit-study "$db" --model "$demo/models/$model" --run "$model" --langs en,zh,fr --seed 1 \
        --without 'facts[relation=P30]' --json "$out/edit-$model-rest.json" >"$out/edit-$model-rest.txt"
done
