"""Writes datatrove.jsonl: what datatrove (0.10.1, with spaCy 3.8) makes of a few texts, as signatures and before.

    pip install datatrove spacy "xxhash<4" tokenizers numpy regex && python gen.py > datatrove.jsonl

Given a file of lines of JSON with a field "text", it does so for these instead: see TestPeerSignatures.
"""
import json
import sys

from datatrove.pipeline.dedup.minhash import HashConfig, MinhashConfig, MinhashDedupSignature
from datatrove.utils.text import simplify_text

texts = {
    "fox": "The quick brown fox jumps over the lazy dog, and runs 12 miles away!",
    "english": "I can't say that we'd have known; they cannot go 12km by foot, nor dont they want to. It's 3.14 or 1,234.56: "
    "who knows? Prices rose by $5.20 (about 7%) in 2019-2020 -- or v1.2.3 of 10.0.0.1 e.g. so. We're gonna see, wont we? " * 3,
    "french": "Où est l'élève naïf? Ça coûte 12,50 euros à Noël; « peut-être » le garçon ira à l'hôtel, ou bien à la forêt.",
    "german": "Straße und Fußgänger: ÄÖÜ sind Umlaute. Im Jahr 1.234.567 gab es größere Maße, sagte Herr Müller am 3.10.1990.",
    "turkish": "İstanbul'da IŞIK ılık bir gün; ğ, ş, ç ve İ harfleri. Iğdır'a 45 kilometre kaldı.",
    "vietnamese": "Tiếng Việt có nhiều dấu: ngữ, ngã, hỏi, nặng và sắc. Ngày 30 tháng 4 năm 1975 là một ngày đáng nhớ.",
    "greek": "Ο ΟΔΥΣΣΕΑΣ ταξίδεψε δέκα χρόνια. ΤΙΣ ΝΗΣΟΥΣ; Σ' αγαπώ, είπε ο Άγγελος στις 12:30. ΑΣ'Α ΑΣ. Σ",
    "russian": "Съешь ещё этих мягких французских булок, да выпей же чаю! Йод и ёлка: 3,5 рубля за 12.5 литра, сказал Артём.",
    "ukrainian": "Їхній ґанок і їжак: щось дивне сталося 5 травня, коли п'ять жирафів з'їли 100 яблук у саду Юрія.",
    "arabic": "في البِدَايَةِ كان النصُّ قصيرًا، ثم صار أطول: ١٢٣ كلمة و ٣٫١٤ من الأرقام، فهل يكفي هذا؟ نعم يكفي.",
    "hebrew": "בְּרֵאשִׁית ברא אלהים את השמים ואת הארץ, ואחר כך עוד 7 ימים של מלאכה רבה ומנוחה אחת בסוף.",
    "hindi": "यह एक छोटा वाक्य है, जिसमें १२३ अंक और कुछ मात्राएँ हैं। क्या यह काफ़ी है? हाँ, शायद काफ़ी है।",
    "tamil": "கொடுத்தான் என்று சொல்லும் போது ஔ மற்றும் ொ ோ ௌ ஆகியவை பிரியும், 45 முறை எழுதினான் அவன்.",
    "korean": "한국어 문장은 자모로 나뉘어 저장됩니다. 2024년 3월 5일에 서울에서 열린 행사에는 1,000명이 참석했다.",
    "chinese": "春天来了，万物复苏。这是一个测试：第１２页，共3.5章！“引号”和《书名》都会变成空格？是的、没错；完 了。",
    "japanese": "日本語の文章です。ガギグゲゴと「カッコ」や・中黒、それに長音ー。１２３円を払って、本を２冊買いました。",
    "thai": "ภาษาไทยไม่มีวรรค แต่ น้ำ ใจ ดี ๆ มี ๑๒๓ บาท และ 45 สตางค์ ทุก วัน ที่ ตลาด นี้",
    "beyond": "𝒳 𐐀𐐁 𠀀𠀁 丽 plain words 𝟘𝟙 and 12 more letters 𑄲𑄥 here again",
    "symbols": "©2019 Foo™ Bar® 45€ €45 £3.50 ab• •item §12 20°C 5m² ×3 →x a→b 1½ «quoted» ¿qué? ¡sí! ab©cd ©©x ·mid·dot· 🙂ok👍🏽 dont🙂 "
    "🙂dont 5km🙂 7km©x 10µm 3кг ☃snow☃man ‘single’ ‚low 100mbar $5 ₹99 99₹ x¦y the end of symbols here",
    "space": " \t tabs\u00a0and\u2003wide \u3000 spaces\u2028lines\u0085next\x1funit\x0bvertical and\u200bzero width\u00adsoft one two three",
    "short": "only four words here",
    "five": "exactly five words are here",
    "empty": "",
}

if len(sys.argv) > 1:
    texts = {f"line {i}": json.loads(line)["text"] for i, line in enumerate(open(sys.argv[1]), 1)}

for name, text in texts.items():
    for hash_fc in ("xxhash", "sha1"):
        config = MinhashConfig(hash_config=HashConfig(precision=64, hash_fc=hash_fc))
        stage = MinhashDedupSignature("out", config)
        shingles = stage.get_shingles(text)
        sig = [v for bucket in stage.get_signature(shingles) for v in bucket] if shingles.size else []
        words = stage.word_tokenizer.word_tokenize(simplify_text(text))
        print(json.dumps({"name": name, "text": text, "hash": hash_fc, "words": " ".join(words),
                          "shingles": [int(v) for v in shingles[:3, 0]], "count": int(shingles.size), "signature": sig}))
