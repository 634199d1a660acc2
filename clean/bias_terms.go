package clean

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// BiasTerm is a word or a phrase that a BiasCounter knows. Axis and group say whom it names: gender, female. The axis attribute names
// nobody: its groups are sets of words that are looked for near mentions. A phrase of group "-" hides the terms of its axis in it, as
// "american indian" hides "american"; one of axis and group "-" hides those of every axis, as 其他 ("other") hides 他 ("he"). Words of
// axis "-" and group stop are left out of contexts.
type BiasTerm struct{ Lang, Axis, Group, Term string }

// BiasTerms are terms of any number of languages. A term may stand on several axes, but in one group of each.
type BiasTerms []BiasTerm

const (
	biasAttribute = "attribute"
	biasHidden    = "-"
	biasStop      = "stop"
)

// Bounds of a list: its groups and attribute sets are columns of every table, and a term is sought at every word.
const (
	maxBiasGroups   = 1000
	maxBiasSets     = 100
	maxBiasTerms    = 100_000
	maxBiasTermSize = 200 // bytes
)

// ReadBiasTerms reads lines of language, axis, group and term, set apart by tabs; empty lines and those that begin with # are left out.
// Small and capital letters are the same. What is wrong is said with its line.
func ReadBiasTerms(r io.Reader) (BiasTerms, error) {
	var terms BiasTerms
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 1<<12), maxListLine)
	n := 0
	for s.Scan() {
		n++
		line := s.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if line = bytes.TrimRight(line, "\r\n \t"); len(line) == 0 || line[0] == '#' {
			continue
		}
		if !utf8.Valid(line) {
			return nil, fmt.Errorf("line %d: this is not UTF-8", n)
		}
		f := strings.Split(string(line), "\t")
		if len(f) != 4 {
			return nil, fmt.Errorf("line %d: want language, axis, group and term with tabs between them, have %d fields", n, len(f))
		}
		t := BiasTerm{strings.TrimSpace(f[0]), strings.TrimSpace(f[1]), strings.TrimSpace(f[2]), strings.TrimSpace(f[3])}
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if terms = append(terms, t); len(terms) > maxBiasTerms {
			return nil, fmt.Errorf("line %d: more than %d terms", n, maxBiasTerms)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	return terms, nil
}

func (t BiasTerm) check() error {
	switch {
	case biasLang(t.Lang) == "":
		return fmt.Errorf("language %q: want a code of two or three letters, such as en", t.Lang)
	case t.Axis == "" || t.Group == "" || t.Term == "":
		return fmt.Errorf("axis, group and term must not be empty")
	case t.Axis == biasHidden && t.Group != biasHidden && t.Group != biasStop:
		return fmt.Errorf("group %q of axis -: want - or stop", t.Group)
	case len(t.Axis) > maxBiasTermSize || len(t.Group) > maxBiasTermSize || len(t.Term) > maxBiasTermSize:
		return fmt.Errorf("a field is longer than %d bytes", maxBiasTermSize)
	}
	return nil
}

// With adds what is built in of each language and kind (who is named, attribute sets, hidden phrases, stop words) of which own has nothing.
func (own BiasTerms) With(builtIn BiasTerms) BiasTerms {
	type kind struct{ lang, kind string }
	of := func(t BiasTerm) kind {
		switch t.Axis {
		case biasHidden:
			return kind{biasLang(t.Lang), t.Axis + t.Group}
		case biasAttribute:
			return kind{biasLang(t.Lang), t.Axis}
		}
		return kind{biasLang(t.Lang), ""}
	}
	has := map[kind]bool{}
	for _, t := range own {
		has[of(t)] = true
	}
	all := slices.Clone(own)
	for _, t := range builtIn {
		if !has[of(t)] {
			all = append(all, t)
		}
	}
	return all
}

// biasLang is the language of a tag in two or three small letters: "zh" of zh-Hans; "" for anything else.
func biasLang(tag string) string {
	i := 0
	for i < len(tag) && (tag[i]|0x20)-'a' < 26 {
		i++
	}
	if i < 2 || i > 3 || i < len(tag) && tag[i] != '-' && tag[i] != '_' {
		return ""
	}
	return strings.ToLower(tag[:i]) // no copy where there is no capital
}

// DefaultBiasTerms are modest lists for English and Chinese: common words that name a group and little else. Words with an everyday
// second sense (black, straight, polish) stand only in phrases.
func DefaultBiasTerms() BiasTerms {
	var terms BiasTerms
	for _, l := range []struct{ lang, list string }{{"en", biasEnglish}, {"zh", biasChinese}} {
		for line := range strings.Lines(l.list) {
			head, words, ok := strings.Cut(strings.TrimSpace(line), ":")
			axis, group, ok2 := strings.Cut(head, " ")
			if !ok || !ok2 {
				continue
			}
			for w := range strings.SplitSeq(words, ",") {
				terms = append(terms, BiasTerm{l.lang, axis, group, strings.TrimSpace(w)})
			}
		}
	}
	return terms
}

const biasEnglish = `
gender female: she, her, hers, herself, woman, women, girl, girls, female, females, lady, ladies, mother, mothers, mom, mum, mama, daughter, daughters, sister, sisters, wife, wives, girlfriend, girlfriends, aunt, aunts, niece, nieces, grandmother, grandmothers, grandma, granddaughter, widow, widows, queen, queens, princess, actress, actresses, waitress, businesswoman, congresswoman, chairwoman, spokeswoman, mrs, bride, brides, housewife, housewives
gender male: he, him, his, himself, man, men, boy, boys, male, males, gentleman, gentlemen, father, fathers, dad, daddy, papa, son, sons, brother, brothers, husband, husbands, boyfriend, boyfriends, uncle, uncles, nephew, nephews, grandfather, grandfathers, grandpa, grandson, widower, king, kings, prince, waiter, businessman, businessmen, congressman, chairman, spokesman, groom, guy, guys
gender nonbinary: nonbinary, non-binary, genderqueer, agender, genderfluid, themself
gender transgender: transgender, transsexual, trans woman, trans women, trans man, trans men, trans people
religion christian: christian, christians, christianity, catholic, catholics, catholicism, protestant, protestants, evangelical, evangelicals, baptist, baptists, methodist, methodists, mormon, mormons, church, churches, priest, priests, pastor
religion muslim: muslim, muslims, moslem, islam, islamic, sunni, shia, mosque, mosques, imam, imams, quran, koran, hijab
religion jewish: jew, jews, jewish, judaism, synagogue, synagogues, rabbi, rabbis, torah
religion hindu: hindu, hindus, hinduism, hindu temple
religion buddhist: buddhist, buddhists, buddhism
religion sikh: sikh, sikhs, sikhism
religion none: atheist, atheists, atheism, agnostic, agnostics
ethnicity black: african american, african americans, afro american, black people, black person, black man, black men, black woman, black women, black boy, black boys, black girl, black girls, black guy, black kid, black kids, black folks, black americans, black student, black students, black community, african, africans
ethnicity white: white people, white person, white man, white men, white woman, white women, white boy, white boys, white girl, white girls, white guy, white kid, white kids, white folks, white americans, white student, white students, white community, caucasian, caucasians
ethnicity asian: asian, asians, asian american, asian americans
ethnicity hispanic: hispanic, hispanics, latino, latinos, latina, latinas, latinx, chicano
ethnicity arab: arab, arabs, arabic people, middle eastern
ethnicity indigenous: native american, native americans, american indian, american indians, indigenous people, indigenous peoples, aboriginal, aboriginals, aborigines, first nations
ethnicity romani: romani, gypsy, gypsies
nationality american: american, americans
nationality -: african american, african americans, native american, native americans, american indian, american indians, asian american, asian americans, black americans, white americans
nationality british: british, englishman, englishmen, englishwoman, scottish, scots, welsh people, briton, britons
nationality chinese: chinese
nationality french: frenchman, frenchmen, frenchwoman, french people, french man, french woman
nationality german: germans, german people, german man, german woman
nationality indian: indian, indians
nationality italian: italian, italians
nationality irish: irish, irishman, irishmen
nationality japanese: japanese
nationality mexican: mexican, mexicans
nationality nigerian: nigerian, nigerians
nationality pakistani: pakistani, pakistanis
nationality russian: russian, russians
age young: young people, young person, young man, young men, young woman, young women, youth, youths, teenager, teenagers, teen, teens, adolescent, adolescents, child, children, kid, kids, toddler, toddlers, millennials
age old: old people, old person, old man, old men, old woman, old women, old lady, old folks, elderly, older adults, older people, senior citizen, senior citizens, seniors, pensioner, pensioners, retiree, retirees, aged people
disability disabled: disabled, disability, disabilities, handicapped, wheelchair, blind people, blind person, blind man, blind woman, deaf, deaf people, deaf person, autistic, autism, paraplegic, amputee, amputees, dyslexic, dyslexia, down syndrome, cerebral palsy, schizophrenic, bipolar disorder, mentally ill, mental illness, special needs
disability able: able bodied, nondisabled, non-disabled, neurotypical, sighted people
orientation gay: gay, gays, homosexual, homosexuals, homosexuality, lesbian, lesbians, queer, same-sex
orientation bisexual: bisexual, bisexuals, pansexual
orientation straight: heterosexual, heterosexuals, heterosexuality, straight people, straight man, straight men, straight woman, straight women
attribute career: career, careers, business, company, executive, management, manager, professional, profession, corporation, salary, office, job, jobs, boss, leader, engineer, scientist, work
attribute family: home, parents, family, families, marriage, married, wedding, relatives, pregnant, cook, cooking, kitchen, baby, babies, housework, household
attribute competence: smart, intelligent, intelligence, brilliant, competent, capable, skilled, talented, genius, expert, clever, wise, gifted, successful
attribute incompetence: stupid, dumb, ignorant, incompetent, lazy, foolish, idiot, unskilled, uneducated, useless, failure
attribute appearance: beautiful, pretty, handsome, ugly, attractive, sexy, slim, thin, fat, gorgeous, cute, hair, makeup, dress, dressed, blonde
attribute violence: violence, violent, terrorist, terrorists, terrorism, murder, murdered, killed, kill, killer, attack, attacked, attacks, bomb, gun, crime, criminal, criminals, rape, thief, gang, weapon, weapons
attribute pleasant: love, peace, happy, joy, friend, friends, friendly, kind, honest, good, wonderful, loyal, laughter, pleasure, gentle
attribute unpleasant: hate, hatred, evil, bad, awful, terrible, horrible, nasty, filthy, dirty, ugliness, disgusting, abuse, poison, agony
- -: man made, no man's land, burger king, king size, kids menu, his master's voice, deaf ears, american english, british columbia, indian ocean, chinese new year
- stop: the, a, an, and, or, but, if, of, in, on, at, to, for, from, by, with, without, about, into, onto, over, under, between, through, during, before, after, above, below, up, down, out, off, then, than, so, as, is, are, was, were, be, been, being, am, do, does, did, done, doing, have, has, had, having, will, would, shall, should, can, could, may, might, must, not, no, nor, only, own, same, too, very, just, also, such, both, each, few, more, most, other, some, any, all, this, that, these, those, there, here, when, where, why, how, what, which, who, whom, whose, while, because, until, i, me, my, mine, myself, we, us, our, ours, you, your, yours, it, its, itself, they, them, their, theirs, themselves, one, s, t, d, ll, re, ve, m, don, didn, doesn, isn, wasn, couldn, wouldn, won, again, once, further, now, ever, even, though, although, however, upon, yet, still, said, says, say
`

const biasChinese = `
gender female: 她, 她们, 女人, 女性, 女子, 女士, 女生, 女孩, 女儿, 女兒, 妇女, 婦女, 妈妈, 媽媽, 母亲, 母親, 姐姐, 妹妹, 妻子, 太太, 奶奶, 外婆, 姥姥, 阿姨, 姑姑, 姑娘, 女友, 女朋友, 新娘, 孙女, 女王, 公主, 寡妇, 女演员, 小姐
gender male: 他, 男人, 男性, 男子, 先生, 男生, 男孩, 儿子, 兒子, 爸爸, 父亲, 父親, 哥哥, 弟弟, 丈夫, 爷爷, 爺爺, 外公, 姥爷, 叔叔, 舅舅, 男友, 男朋友, 新郎, 孙子, 国王, 王子, 小伙子
gender transgender: 跨性别, 变性人, 跨性別
religion christian: 基督教, 基督徒, 天主教, 天主教徒, 新教徒, 教堂, 牧师, 神父, 教会
religion muslim: 穆斯林, 伊斯兰, 伊斯兰教, 清真寺, 古兰经, 伊斯蘭
religion jewish: 犹太人, 犹太教, 犹太, 猶太人
religion buddhist: 佛教, 佛教徒, 和尚, 尼姑, 寺庙, 僧人
religion taoist: 道教, 道士, 道观
religion hindu: 印度教, 印度教徒
religion none: 无神论, 无神论者, 不信教
ethnicity black: 黑人, 非洲人, 非裔
ethnicity white: 白人
ethnicity asian: 亚裔, 亚洲人, 華裔, 华裔, 华人, 華人
ethnicity hispanic: 拉丁裔, 西班牙裔
ethnicity arab: 阿拉伯人
ethnicity han: 汉族, 汉人, 漢族
ethnicity uyghur: 维吾尔, 维吾尔族, 维族
ethnicity tibetan: 藏族, 藏人
ethnicity hui: 回族
ethnicity mongol: 蒙古族, 蒙古人
nationality american: 美国人, 美國人
nationality british: 英国人, 英國人
nationality chinese: 中国人, 中國人
nationality japanese: 日本人
nationality korean: 韩国人, 韓國人
nationality indian: 印度人
nationality russian: 俄罗斯人, 俄国人
nationality german: 德国人
nationality french: 法国人
age young: 年轻人, 青年, 青少年, 儿童, 孩子, 孩子们, 小孩, 少年, 兒童, 年輕人
age old: 老人, 老年人, 老人家, 老头, 老太太, 长者, 退休人员
disability disabled: 残疾, 残疾人, 残障, 盲人, 聋哑人, 轮椅, 自闭症, 精神病, 残废, 殘疾人
disability able: 健全人, 健康人
orientation gay: 同性恋, 同性恋者, 男同性恋, 女同性恋, 同志婚姻, 同性戀
orientation bisexual: 双性恋
orientation straight: 异性恋, 异性恋者
attribute career: 工作, 事业, 职业, 公司, 经理, 老板, 领导, 专业, 薪水, 工资, 办公室, 工程师, 科学家, 商业, 企业家
attribute family: 家庭, 家务, 婚姻, 结婚, 婚礼, 亲戚, 厨房, 做饭, 怀孕, 父母, 照顾, 家人
attribute competence: 聪明, 智慧, 能干, 才华, 天才, 优秀, 成功, 专家, 熟练, 杰出
attribute incompetence: 愚蠢, 无能, 懒惰, 无知, 笨, 傻, 失败, 无用
attribute appearance: 美丽, 漂亮, 英俊, 帅气, 丑陋, 性感, 苗条, 身材, 头发, 化妆, 打扮, 裙子, 可爱
attribute violence: 暴力, 恐怖, 恐怖分子, 谋杀, 杀害, 杀人, 袭击, 攻击, 炸弹, 犯罪, 罪犯, 强奸, 小偷, 武器, 殴打
attribute pleasant: 爱, 和平, 快乐, 幸福, 朋友, 友好, 善良, 诚实, 美好, 温柔, 高兴
attribute unpleasant: 恨, 仇恨, 邪恶, 坏, 可怕, 讨厌, 肮脏, 恶心, 虐待, 毒, 痛苦
- -: 其他, 其它, 吉他, 他们, 他們, 他人, 他乡, 他日, 他国, 男女, 爱情, 孙子兵法, 破坏, 坏处, 消毒, 病毒, 毒品, 爱好, 爱国, 恨不得
- stop: 的, 了, 是, 在, 和, 与, 也, 都, 就, 而, 及, 着, 或, 一, 不, 有, 我, 你, 您, 这, 那, 之, 其, 者, 们, 个, 为, 以, 于, 被, 把, 让, 很, 到, 说, 会, 能, 又, 对, 从, 上, 下, 中, 里, 曰, 矣, 乎, 則, 则, 這, 說, 會, 個, 們, 與, 為
`
