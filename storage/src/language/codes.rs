//! The shortest code of a language that has several: `en` for `eng`, `de` for `deu` and `ger`, `he` for `iw`.
//!
//! Source: ISO 639-1, 639-2 (T and B codes), 639-3; RFC 5646, §4.5 (the shortest code, and the one that replaced an
//! older one).

/// Codes of three letters and the one of two letters that they are written as. `scc`, `scr` and `mol` were withdrawn.
const SHORTER: &str = "\
    aar=aa abk=ab afr=af aka=ak alb=sq amh=am ara=ar arg=an arm=hy asm=as ava=av ave=ae aym=ay aze=az bak=ba \
    bam=bm baq=eu bel=be ben=bn bih=bh bis=bi bod=bo bos=bs bre=br bul=bg bur=my cat=ca ces=cs cha=ch che=ce \
    chi=zh chu=cu chv=cv cor=kw cos=co cre=cr cym=cy cze=cs dan=da deu=de div=dv dut=nl dzo=dz ell=el eng=en \
    epo=eo est=et eus=eu ewe=ee fao=fo fas=fa fij=fj fin=fi fra=fr fre=fr fry=fy ful=ff geo=ka ger=de gla=gd \
    gle=ga glg=gl glv=gv gre=el grn=gn guj=gu hat=ht hau=ha hbs=sh heb=he her=hz hin=hi hmo=ho hrv=hr hun=hu \
    hye=hy ibo=ig ice=is ido=io iii=ii iku=iu ile=ie ina=ia ind=id ipk=ik isl=is ita=it jav=jv jpn=ja kal=kl \
    kan=kn kas=ks kat=ka kau=kr kaz=kk khm=km kik=ki kin=rw kir=ky kom=kv kon=kg kor=ko kua=kj kur=ku lao=lo \
    lat=la lav=lv lim=li lin=ln lit=lt ltz=lb lub=lu lug=lg mac=mk mah=mh mal=ml mao=mi mar=mr may=ms mkd=mk \
    mlg=mg mlt=mt mol=ro mon=mn mri=mi msa=ms mya=my nau=na nav=nv nbl=nr nde=nd ndo=ng nep=ne nld=nl nno=nn \
    nob=nb nor=no nya=ny oci=oc oji=oj ori=or orm=om oss=os pan=pa per=fa pli=pi pol=pl por=pt pus=ps que=qu \
    roh=rm ron=ro rum=ro run=rn rus=ru sag=sg san=sa scc=sr scr=hr sin=si slk=sk slo=sk slv=sl sme=se smo=sm \
    sna=sn snd=sd som=so sot=st spa=es sqi=sq srd=sc srp=sr ssw=ss sun=su swa=sw swe=sv tah=ty tam=ta tat=tt \
    tel=te tgk=tg tgl=tl tha=th tib=bo tir=ti ton=to tsn=tn tso=ts tuk=tk tur=tr twi=tw uig=ug ukr=uk urd=ur \
    uzb=uz ven=ve vie=vi vol=vo wel=cy wln=wa wol=wo xho=xh yid=yi yor=yo zha=za zho=zh zul=zu";

/// Codes of two letters that others have replaced.
const REPLACED: &[(&str, &str)] = &[("in", "id"), ("iw", "he"), ("ji", "yi"), ("jw", "jv"), ("mo", "ro")];

/// Those of [`SHORTER`] that folders and files carry for another reason: words, names, methods, special tokens.
const WORDS: &str = "\
    aka ara arg arm asm ava ave bak bam bel ben bis bod bos cat cha che chi cor cos dan div est ewe fin fry \
    geo hat her ice iii ind kin lat lim lin lit mac mar may mol mon mri msa nav nor ori oss pan per pol que \
    ron rum run sag san scr sin slo som sun swa ton vol";

/// The code that a language code, in lower case, is written as, if that is another.
pub(super) fn shortest(code: &str) -> Option<&'static str> {
    match code.len() {
        2 => REPLACED.iter().find(|(old, _)| *old == code).map(|&(_, new)| new),
        3 => SHORTER.split(' ').find_map(|pair| pair.strip_prefix(code)?.strip_prefix('=')),
        _ => None,
    }
}

/// Whether a code of three letters, in lower case, is hardly anything else.
pub(super) fn is_no_word(code: &str) -> bool {
    code.len() == 3 && shortest(code).is_some() && !WORDS.split(' ').any(|word| word == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::is_known;

    #[test]
    fn the_shortest_codes_are_those_of_the_standard() {
        // T and B codes of ISO 639-2, as the Library of Congress lists them, and one of ISO 639-3 only.
        let cases = [
            ("eng", "en"),
            ("deu", "de"),
            ("ger", "de"),
            ("zho", "zh"),
            ("chi", "zh"),
            ("fra", "fr"),
            ("fre", "fr"),
            ("nld", "nl"),
            ("dut", "nl"),
            ("ces", "cs"),
            ("cze", "cs"),
            ("hbs", "sh"),
            ("jpn", "ja"),
            ("msa", "ms"),
            ("may", "ms"),
            ("ell", "el"),
            ("gre", "el"),
            ("iw", "he"),
            ("mo", "ro"),
            ("mol", "ro"),
        ];
        for (code, short) in cases {
            assert_eq!(shortest(code), Some(short), "{code}");
        }
        for code in ["en", "ceb", "yue", "cmn", "fil", "en=", "simple", ""] {
            assert_eq!(shortest(code), None, "{code}");
        }
    }

    #[test]
    fn every_code_of_two_letters_has_one_of_three_and_none_is_shortened_twice() {
        let pairs: Vec<_> = SHORTER.split(' ').map(|pair| pair.split_once('=').expect("a pair")).collect();
        assert!(pairs.is_sorted_by(|a, b| a.0 < b.0), "each once, in order");
        for (long, short) in &pairs {
            // `sh` is written, but a folder of that name holds scripts.
            assert!(long.len() == 3 && (is_known(short) || *short == "sh"), "{long}={short}");
            assert_eq!(shortest(short), None, "{short}");
        }
        let shorts: std::collections::BTreeSet<_> = pairs.iter().map(|pair| pair.1).collect();
        // ISO 639-1 has 183 codes; here are Serbo-Croatian and Bihari, which it lists no more, besides.
        assert_eq!(shorts.len(), 185);
        assert!(WORDS.split(' ').all(|word| shortest(word).is_some()), "only codes can be words");
    }
}
