//! Countries: their two letters, and the names they go by.

use super::text;

/// Two letters, three letters, the usual name, other names.
const COUNTRIES: &[&str] = &[
    "AD AND Andorra",
    "AE ARE United Arab Emirates|UAE|Emirates",
    "AF AFG Afghanistan",
    "AG ATG Antigua and Barbuda",
    "AI AIA Anguilla",
    "AL ALB Albania",
    "AM ARM Armenia",
    "AO AGO Angola",
    "AQ ATA Antarctica",
    "AR ARG Argentina",
    "AS ASM American Samoa",
    "AT AUT Austria|Österreich",
    "AU AUS Australia",
    "AW ABW Aruba",
    "AX ALA Åland Islands|Aland Islands",
    "AZ AZE Azerbaijan",
    "BA BIH Bosnia and Herzegovina|Bosnia",
    "BB BRB Barbados",
    "BD BGD Bangladesh",
    "BE BEL Belgium|België|Belgique",
    "BF BFA Burkina Faso",
    "BG BGR Bulgaria",
    "BH BHR Bahrain",
    "BI BDI Burundi",
    "BJ BEN Benin",
    "BL BLM Saint Barthélemy",
    "BM BMU Bermuda",
    "BN BRN Brunei|Brunei Darussalam",
    "BO BOL Bolivia",
    "BQ BES Caribbean Netherlands",
    "BR BRA Brazil|Brasil",
    "BS BHS Bahamas|The Bahamas",
    "BT BTN Bhutan",
    "BV BVT Bouvet Island",
    "BW BWA Botswana",
    "BY BLR Belarus",
    "BZ BLZ Belize",
    "CA CAN Canada",
    "CC CCK Cocos Islands",
    "CD COD Democratic Republic of the Congo|Congo-Kinshasa|DR Congo",
    "CF CAF Central African Republic",
    "CG COG Congo|Republic of the Congo|Congo-Brazzaville",
    "CH CHE Switzerland|Schweiz|Suisse|Svizzera",
    "CI CIV Côte d'Ivoire|Ivory Coast",
    "CK COK Cook Islands",
    "CL CHL Chile",
    "CM CMR Cameroon",
    "CN CHN China|People's Republic of China|PRC|中国",
    "CO COL Colombia",
    "CR CRI Costa Rica",
    "CU CUB Cuba",
    "CV CPV Cape Verde|Cabo Verde",
    "CW CUW Curaçao",
    "CX CXR Christmas Island",
    "CY CYP Cyprus",
    "CZ CZE Czechia|Czech Republic|Česko",
    "DE DEU Germany|Deutschland|Federal Republic of Germany",
    "DJ DJI Djibouti",
    "DK DNK Denmark|Danmark",
    "DM DMA Dominica",
    "DO DOM Dominican Republic",
    "DZ DZA Algeria",
    "EC ECU Ecuador",
    "EE EST Estonia|Eesti",
    "EG EGY Egypt",
    "EH ESH Western Sahara",
    "ER ERI Eritrea",
    "ES ESP Spain|España",
    "ET ETH Ethiopia",
    "FI FIN Finland|Suomi",
    "FJ FJI Fiji",
    "FK FLK Falkland Islands",
    "FM FSM Micronesia",
    "FO FRO Faroe Islands",
    "FR FRA France",
    "GA GAB Gabon",
    "GB GBR United Kingdom|UK|Great Britain|Britain|England|Scotland|Wales|Northern Ireland",
    "GD GRD Grenada",
    "GE GEO Georgia",
    "GF GUF French Guiana",
    "GG GGY Guernsey",
    "GH GHA Ghana",
    "GI GIB Gibraltar",
    "GL GRL Greenland",
    "GM GMB Gambia|The Gambia",
    "GN GIN Guinea",
    "GP GLP Guadeloupe",
    "GQ GNQ Equatorial Guinea",
    "GR GRC Greece|Hellas",
    "GS SGS South Georgia and the South Sandwich Islands",
    "GT GTM Guatemala",
    "GU GUM Guam",
    "GW GNB Guinea-Bissau",
    "GY GUY Guyana",
    "HK HKG Hong Kong",
    "HM HMD Heard Island and McDonald Islands",
    "HN HND Honduras",
    "HR HRV Croatia|Hrvatska",
    "HT HTI Haiti",
    "HU HUN Hungary|Magyarország",
    "ID IDN Indonesia",
    "IE IRL Ireland|Éire|Republic of Ireland",
    "IL ISR Israel",
    "IM IMN Isle of Man",
    "IN IND India",
    "IO IOT British Indian Ocean Territory",
    "IQ IRQ Iraq",
    "IR IRN Iran|Islamic Republic of Iran",
    "IS ISL Iceland|Ísland",
    "IT ITA Italy|Italia",
    "JE JEY Jersey",
    "JM JAM Jamaica",
    "JO JOR Jordan",
    "JP JPN Japan|日本",
    "KE KEN Kenya",
    "KG KGZ Kyrgyzstan",
    "KH KHM Cambodia",
    "KI KIR Kiribati",
    "KM COM Comoros",
    "KN KNA Saint Kitts and Nevis",
    "KP PRK North Korea",
    "KR KOR South Korea|Korea|Republic of Korea|대한민국",
    "KW KWT Kuwait",
    "KY CYM Cayman Islands",
    "KZ KAZ Kazakhstan",
    "LA LAO Laos",
    "LB LBN Lebanon",
    "LC LCA Saint Lucia",
    "LI LIE Liechtenstein",
    "LK LKA Sri Lanka",
    "LR LBR Liberia",
    "LS LSO Lesotho",
    "LT LTU Lithuania|Lietuva",
    "LU LUX Luxembourg",
    "LV LVA Latvia|Latvija",
    "LY LBY Libya",
    "MA MAR Morocco|Maroc",
    "MC MCO Monaco",
    "MD MDA Moldova",
    "ME MNE Montenegro",
    "MF MAF Saint Martin",
    "MG MDG Madagascar",
    "MH MHL Marshall Islands",
    "MK MKD North Macedonia|Macedonia",
    "ML MLI Mali",
    "MM MMR Myanmar|Burma",
    "MN MNG Mongolia",
    "MO MAC Macao|Macau",
    "MP MNP Northern Mariana Islands",
    "MQ MTQ Martinique",
    "MR MRT Mauritania",
    "MS MSR Montserrat",
    "MT MLT Malta",
    "MU MUS Mauritius",
    "MV MDV Maldives",
    "MW MWI Malawi",
    "MX MEX Mexico|México",
    "MY MYS Malaysia",
    "MZ MOZ Mozambique",
    "NA NAM Namibia",
    "NC NCL New Caledonia",
    "NE NER Niger",
    "NF NFK Norfolk Island",
    "NG NGA Nigeria",
    "NI NIC Nicaragua",
    "NL NLD Netherlands|The Netherlands|Nederland|Holland",
    "NO NOR Norway|Norge",
    "NP NPL Nepal",
    "NR NRU Nauru",
    "NU NIU Niue",
    "NZ NZL New Zealand|Aotearoa",
    "OM OMN Oman",
    "PA PAN Panama",
    "PE PER Peru|Perú",
    "PF PYF French Polynesia",
    "PG PNG Papua New Guinea",
    "PH PHL Philippines|The Philippines",
    "PK PAK Pakistan",
    "PL POL Poland|Polska",
    "PM SPM Saint Pierre and Miquelon",
    "PN PCN Pitcairn",
    "PR PRI Puerto Rico",
    "PS PSE Palestine|State of Palestine",
    "PT PRT Portugal",
    "PW PLW Palau",
    "PY PRY Paraguay",
    "QA QAT Qatar",
    "RE REU Réunion",
    "RO ROU Romania|România",
    "RS SRB Serbia|Srbija",
    "RU RUS Russia|Russian Federation|Россия",
    "RW RWA Rwanda",
    "SA SAU Saudi Arabia",
    "SB SLB Solomon Islands",
    "SC SYC Seychelles",
    "SD SDN Sudan",
    "SE SWE Sweden|Sverige",
    "SG SGP Singapore",
    "SH SHN Saint Helena",
    "SI SVN Slovenia|Slovenija",
    "SJ SJM Svalbard and Jan Mayen",
    "SK SVK Slovakia|Slovensko",
    "SL SLE Sierra Leone",
    "SM SMR San Marino",
    "SN SEN Senegal",
    "SO SOM Somalia",
    "SR SUR Suriname",
    "SS SSD South Sudan",
    "ST STP São Tomé and Príncipe|Sao Tome and Principe",
    "SV SLV El Salvador",
    "SX SXM Sint Maarten",
    "SY SYR Syria|Syrian Arab Republic",
    "SZ SWZ Eswatini|Swaziland",
    "TC TCA Turks and Caicos Islands",
    "TD TCD Chad",
    "TF ATF French Southern Territories",
    "TG TGO Togo",
    "TH THA Thailand",
    "TJ TJK Tajikistan",
    "TK TKL Tokelau",
    "TL TLS Timor-Leste|East Timor",
    "TM TKM Turkmenistan",
    "TN TUN Tunisia",
    "TO TON Tonga",
    "TR TUR Türkiye|Turkey|Turkiye",
    "TT TTO Trinidad and Tobago",
    "TV TUV Tuvalu",
    "TW TWN Taiwan|台灣",
    "TZ TZA Tanzania",
    "UA UKR Ukraine|Україна",
    "UG UGA Uganda",
    "UM UMI United States Minor Outlying Islands",
    "US USA United States|United States of America|U.S.|U.S.A.|America",
    "UY URY Uruguay",
    "UZ UZB Uzbekistan",
    "VA VAT Vatican City|Holy See",
    "VC VCT Saint Vincent and the Grenadines",
    "VE VEN Venezuela",
    "VG VGB British Virgin Islands",
    "VI VIR U.S. Virgin Islands|United States Virgin Islands",
    "VN VNM Vietnam|Viet Nam|Việt Nam",
    "VU VUT Vanuatu",
    "WF WLF Wallis and Futuna",
    "WS WSM Samoa",
    "XK XKX Kosovo",
    "YE YEM Yemen",
    "YT MYT Mayotte",
    "ZA ZAF South Africa",
    "ZM ZMB Zambia",
    "ZW ZWE Zimbabwe",
];

struct Country {
    two: &'static str,
    three: &'static str,
    names: &'static str,
}

fn countries() -> impl Iterator<Item = Country> {
    COUNTRIES.iter().filter_map(|row| {
        let (two, rest) = row.split_once(' ')?;
        let (three, names) = rest.split_once(' ')?;
        Some(Country { two, three, names })
    })
}

/// The two letters of a country that is told by its letters or one of its usual names; `None` for
/// a country that nobody knows. `NA` is Namibia only in upper case: else it is "not available".
///
/// ```
/// use morket_core::field::country::{code, name};
///
/// assert_eq!(code("Deutschland"), Some("DE"));
/// assert_eq!(code("usa"), Some("US"));
/// assert_eq!(name("DE"), Some("Germany"));
/// ```
pub fn code(told: &str) -> Option<&'static str> {
    let told = text::clean(told);
    if told != "NA" && text::is_placeholder(&told) {
        return None;
    }
    let lower = text::lower(&told);
    let named = |names: &str| names.split('|').any(|name| text::lower(name) == lower);
    let letters = |letters: &str| letters.eq_ignore_ascii_case(&told);
    countries()
        .find(|it| letters(it.two) || letters(it.three) || named(it.names))
        .map(|country| country.two)
}

/// The usual name of a country by its two letters.
pub fn name(code: &str) -> Option<&'static str> {
    let country = countries().find(|country| country.two == code)?;
    country.names.split('|').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_whole_and_its_own() {
        let (mut letters, mut names) = (BTreeSet::new(), BTreeSet::new());
        for country in countries() {
            assert_eq!((country.two.len(), country.three.len()), (2, 3), "{}", country.names);
            assert!(
                letters.insert(country.two) && letters.insert(country.three),
                "{}",
                country.two
            );
            for name in country.names.split('|') {
                assert!(names.insert(text::lower(name)), "{name}");
                assert_eq!(code(name), Some(country.two), "{name}");
            }
            assert_eq!(code(country.two), Some(country.two));
            assert_eq!(code(country.three), Some(country.two));
        }
        assert_eq!(letters.len(), 2 * COUNTRIES.len());
    }

    #[test]
    fn names_and_letters_lead_to_two_letters() {
        let rows = [
            ("germany", Some("DE")),
            (" United  Kingdom ", Some("GB")),
            ("england", Some("GB")),
            ("U.S.A.", Some("US")),
            ("Namibia", Some("NA")),
            ("NA", Some("NA")),
            ("na", None),
            ("N/A", None),
            ("Atlantis", None),
            ("", None),
        ];
        for (told, expected) in rows {
            assert_eq!(code(told), expected, "{told:?}");
        }
    }
}
