//! Mailboxes of nobody in particular, as lists of words: webmail, throw-away hosts, roles.

use std::{collections::HashSet, sync::LazyLock};

const WEBMAIL: &str = "
    126.com 139.com 163.com abv.bg aim.com aol.com arcor.de att.net bellsouth.net bigpond.com
    bk.ru bluewin.ch bol.com.br btinternet.com charter.net comcast.net cox.net daum.net
    earthlink.net email.com fastmail.com fastmail.fm foxmail.com free.fr freenet.de gmail.com
    gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hanmail.net hey.com hotmail.be
    hotmail.ch hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it
    hotmail.nl hushmail.com icloud.com inbox.com inbox.lv inbox.ru interia.pl juno.com
    laposte.net libero.it list.ru live.ca live.co.uk live.com live.com.au live.de live.fr
    live.it live.nl mac.com mail.com mail.de mail.ru me.com msn.com naver.com netscape.net
    o2.pl onet.pl optonline.net orange.fr outlook.com outlook.de outlook.es outlook.fr
    outlook.it pm.me poczta.onet.pl posteo.de posteo.net proton.me protonmail.ch
    protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com sbcglobal.net sapo.pt
    seznam.cz sfr.fr shaw.ca sina.com sky.com sohu.com t-online.de telenet.be terra.com.br
    tiscali.it tuta.com tuta.io tutanota.com tutanota.de ukr.net uol.com.br verizon.net
    virgilio.it virginmedia.com wanadoo.fr web.de windowslive.com wp.pl xtra.co.nz yahoo.ca
    yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.de yahoo.es
    yahoo.fr yahoo.in yahoo.it yandex.com yandex.ru yeah.net ymail.com zoho.com zohomail.com
";

const DISPOSABLE: &str = "
    10minutemail.com dispostable.com fakeinbox.com getnada.com guerrillamail.com
    guerrillamail.net mailcatch.com maildrop.cc mailinator.com mailnesia.com mintemail.com
    moakt.com mohmal.com sharklasers.com spamgourmet.com temp-mail.org tempmail.com
    tempr.email throwawaymail.com trashmail.com yopmail.com
";

const ROLES: &str = "
    abuse accounting accounts admin administrator billing booking bookings careers contact
    contacto contato customerservice do-not-reply donotreply enquiries enquiry feedback
    finance hello help helpdesk hi hostmaster hr info information inquiries investors invoice
    invoices it jobs kontakt legal mail mailer-daemon marketing media news newsletter no-reply
    noreply office orders postmaster press privacy purchasing recruiting reception root sales
    security service services shop support team webmaster welcome
";

/// What stands before the `@` where a vendor has no address or hides it.
const HIDDEN: &str = "
    email_not_found email_not_unlocked email_not_available email-not-unlocked emailnotunlocked
    firstname.lastname first.last n/a na no-email no_email noemail none not-found
    not_available not_found not_unlocked notfound notprovided null undefined unknown
    your-email your.email your.name youremail yourname
";

/// A list taken apart: every address is looked up in it.
type Words = LazyLock<HashSet<&'static str>>;

pub(super) fn is_webmail(domain: &str) -> bool {
    static WORDS: Words = LazyLock::new(|| WEBMAIL.split_whitespace().collect());
    WORDS.contains(domain)
}

pub(super) fn is_disposable(domain: &str) -> bool {
    static WORDS: Words = LazyLock::new(|| DISPOSABLE.split_whitespace().collect());
    WORDS.contains(domain)
}

pub(super) fn is_role(local: &str) -> bool {
    static WORDS: Words = LazyLock::new(|| ROLES.split_whitespace().collect());
    WORDS.contains(local)
}

/// Hosts that stand in forms and manuals, and who is written to there: nobody.
const SAMPLES: &str = "
    company.com domain.com email.com example.com example.net example.org mail.com test.com
    yourcompany.com yourdomain.com
";
const SAMPLE_NAMES: &str = "
    email example firstname.lastname name sample someone test user username you
";

/// Whether an address is one that no person has.
pub(super) fn is_hidden(local: &str, domain: &str) -> bool {
    static WORDS: Words = LazyLock::new(|| HIDDEN.split_whitespace().collect());
    static HOSTS: Words = LazyLock::new(|| SAMPLES.split_whitespace().collect());
    static NAMES: Words = LazyLock::new(|| SAMPLE_NAMES.split_whitespace().collect());
    WORDS.contains(local)
        || (domain == "domain.com" && local == "info")
        || (HOSTS.contains(domain) && NAMES.contains(local))
}
