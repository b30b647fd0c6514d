//! The words the world is made of. All of it is invented.

/// First names of demo people.
pub(super) const FIRST: &[&str] = &[
    "Ada", "Alan", "Amara", "Anders", "Anika", "Bela", "Bianca", "Boris", "Camille", "Carlos",
    "Chiara", "Clara", "Daniel", "Daria", "David", "Delphine", "Diego", "Edith", "Elena", "Emil",
    "Esther", "Fatima", "Felix", "Fiona", "Gabriel", "Georgia", "Greta", "Hanna", "Hector", "Hugo",
    "Ida", "Igor", "Ingrid", "Ivan", "Jana", "Jonas", "Jose", "Julia", "Karim", "Katja", "Kenji",
    "Lara", "Leo", "Lina", "Lucas", "Maja", "Marco", "Maria", "Mateo", "Mila", "Nadia", "Nils",
    "Noah", "Olga", "Omar", "Oscar", "Paula", "Pedro", "Priya", "Quentin", "Rafael", "Rene",
    "Rosa", "Samir", "Sara", "Simon", "Sofia", "Tara", "Theo", "Tomas", "Ulrike", "Vera", "Victor",
    "Walter", "Wanda", "Xenia", "Yara", "Yusuf", "Zara", "Zoe",
];

/// Last names of demo people.
pub(super) const LAST: &[&str] = &[
    "Abbott",
    "Almeida",
    "Andersen",
    "Baker",
    "Banerjee",
    "Bauer",
    "Becker",
    "Bennett",
    "Berger",
    "Bianchi",
    "Brandt",
    "Carter",
    "Castillo",
    "Costa",
    "Dahl",
    "Delgado",
    "Dubois",
    "Eriksen",
    "Esposito",
    "Farrell",
    "Ferrari",
    "Fischer",
    "Fontaine",
    "Garcia",
    "Gruber",
    "Haas",
    "Hansen",
    "Hoffmann",
    "Ibrahim",
    "Ivanov",
    "Jensen",
    "Kaminski",
    "Keller",
    "Khan",
    "Klein",
    "Kowalski",
    "Lambert",
    "Larsen",
    "Lehmann",
    "Lopez",
    "Marino",
    "Martin",
    "Meier",
    "Moreau",
    "Muller",
    "Nakamura",
    "Novak",
    "Okafor",
    "Olsen",
    "Patel",
    "Pereira",
    "Petrov",
    "Quinn",
    "Ramirez",
    "Richter",
    "Romano",
    "Rossi",
    "Santos",
    "Schmidt",
    "Silva",
    "Sokolov",
    "Tanaka",
    "Teixeira",
    "Vargas",
    "Vogel",
    "Wagner",
    "Weber",
    "Winter",
    "Yilmaz",
    "Zimmermann",
];

/// How some of them are spelled when accents survive.
pub(super) const ACCENTS: &[(&str, &str)] = &[
    ("jose", "José"),
    ("rene", "René"),
    ("zoe", "Zoë"),
    ("tomas", "Tomás"),
    ("muller", "Müller"),
    ("lopez", "López"),
];

/// First halves of demo companies' names.
pub(super) const MARKS: &[&str] = &[
    "Amberfield",
    "Arcline",
    "Ashgrove",
    "Bluepeak",
    "Brightwater",
    "Cedarbrook",
    "Clearhaven",
    "Cobaltway",
    "Coralbay",
    "Dawnridge",
    "Deepwell",
    "Eastgate",
    "Elmstone",
    "Fairmont",
    "Fernhill",
    "Foxglove",
    "Glasswing",
    "Goldleaf",
    "Granite",
    "Greenlake",
    "Harborlight",
    "Hazelwood",
    "Highmoor",
    "Ironbark",
    "Ivoryhill",
    "Juniper",
    "Kestrel",
    "Lakeshore",
    "Larkspur",
    "Lumenfield",
    "Maplewood",
    "Meadowlark",
    "Millstone",
    "Moonrise",
    "Northwind",
    "Oakhurst",
    "Pinecrest",
    "Quarrystone",
    "Redfern",
    "Riverbend",
    "Rosewood",
    "Saltmarsh",
    "Silverbirch",
    "Stonebridge",
    "Sunfield",
    "Thornbury",
    "Violetta",
    "Westmere",
];

/// Second halves of demo companies' names, with the industry they speak of.
pub(super) const TRADES: &[(&str, &str)] = &[
    ("Analytics", "Computer Software"),
    ("Biotech", "Biotechnology"),
    ("Capital", "Financial Services"),
    ("Cargo", "Logistics and Supply Chain"),
    ("Ceramics", "Building Materials"),
    ("Cloud", "Information Technology and Services"),
    ("Consulting", "Management Consulting"),
    ("Diagnostics", "Medical Devices"),
    ("Energy", "Renewables and Environment"),
    ("Foods", "Food Production"),
    ("Freight", "Transportation"),
    ("Instruments", "Electrical Manufacturing"),
    ("Interiors", "Furniture"),
    ("Labs", "Research"),
    ("Learning", "E-Learning"),
    ("Logistics", "Logistics and Supply Chain"),
    ("Machines", "Machinery"),
    ("Media", "Online Media"),
    ("Mobility", "Automotive"),
    ("Optics", "Electrical Manufacturing"),
    ("Packaging", "Packaging and Containers"),
    ("Payments", "Financial Services"),
    ("Pharma", "Pharmaceuticals"),
    ("Plastics", "Plastics"),
    ("Robotics", "Industrial Automation"),
    ("Security", "Computer and Network Security"),
    ("Software", "Computer Software"),
    ("Systems", "Information Technology and Services"),
    ("Textiles", "Textiles"),
    ("Travel", "Leisure, Travel and Tourism"),
    ("Widgets", "Machinery"),
    ("Works", "Mechanical or Industrial Engineering"),
];

/// Industries of companies whose names speak of none.
pub(super) const INDUSTRIES: &[&str] =
    &["Computer Software", "Machinery", "Financial Services", "Research", "Online Media"];

/// A place where a company has its seat.
#[derive(Debug)]
pub struct Place {
    /// City.
    pub city: &'static str,
    /// Region or state.
    pub region: &'static str,
    /// Country.
    pub country: &'static str,
    /// Country in two letters.
    pub code: &'static str,
    /// Continent.
    pub continent: &'static str,
    /// Time zone by its name.
    pub zone: &'static str,
    /// Latitude and longitude, in text.
    pub geo: (&'static str, &'static str),
    /// Legal form that is usual there.
    pub form: &'static str,
}

macro_rules! places {
    ($([$($text:literal)*],)*) => {
        /// Seats of companies.
        pub(super) const PLACES: &[Place] = &[$(places!(@ $($text)*)),*];
    };
    (@ $city:literal $region:literal $country:literal $code:literal $continent:literal
        $zone:literal $lat:literal $lng:literal $form:literal) => {
        Place {
            city: $city, region: $region, country: $country, code: $code, continent: $continent,
            zone: $zone, geo: ($lat, $lng), form: $form,
        }
    };
}

places! {
    ["Berlin" "Berlin" "Germany" "DE" "Europe" "Europe/Berlin" "52.52" "13.40" "GmbH"],
    ["Munich" "Bavaria" "Germany" "DE" "Europe" "Europe/Berlin" "48.14" "11.58" "GmbH"],
    ["Paris" "Île-de-France" "France" "FR" "Europe" "Europe/Paris" "48.86" "2.35" "SAS"],
    ["Lyon" "Auvergne-Rhône-Alpes" "France" "FR" "Europe" "Europe/Paris" "45.76" "4.84" "SAS"],
    ["London" "England" "United Kingdom" "GB" "Europe" "Europe/London" "51.51" "-0.13" "Ltd"],
    ["Dublin" "Leinster" "Ireland" "IE" "Europe" "Europe/Dublin" "53.35" "-6.26" "Ltd"],
    ["Madrid" "Madrid" "Spain" "ES" "Europe" "Europe/Madrid" "40.42" "-3.70" "SL"],
    ["Austin" "Texas" "United States" "US" "North America" "America/Chicago" "30.27" "-97.74"
        "Inc"],
    ["Boston" "Massachusetts" "United States" "US" "North America" "America/New_York" "42.36"
        "-71.06" "Inc"],
    ["Denver" "Colorado" "United States" "US" "North America" "America/Denver" "39.74" "-104.99"
        "LLC"],
    ["Toronto" "Ontario" "Canada" "CA" "North America" "America/Toronto" "43.65" "-79.38" "Inc"],
    ["Singapore" "Singapore" "Singapore" "SG" "Asia" "Asia/Singapore" "1.35" "103.82" "Ltd"],
}

/// Sizes: the range in text, its bounds, yearly revenue in text.
pub(super) const SIZES: &[(&str, u32, u32, &str)] = &[
    ("1-10", 2, 10, "$0-$1M"),
    ("11-50", 11, 50, "$1M-$10M"),
    ("51-200", 51, 200, "$10M-$25M"),
    ("201-500", 201, 500, "$25M-$50M"),
    ("501-1000", 501, 1_000, "$50M-$100M"),
    ("1001-5000", 1_001, 5_000, "$100M-$250M"),
];

/// Departments: title's ending, PDL's role, Hunter's department.
pub(super) const DEPARTMENTS: &[(&str, &str, &str)] = &[
    ("Marketing", "marketing", "marketing"),
    ("Sales", "sales", "sales"),
    ("Engineering", "engineering", "it"),
    ("Finance", "finance", "finance"),
    ("People", "human_resources", "hr"),
    ("Operations", "operations", "operations"),
    ("Customer Success", "customer_service", "support"),
    ("Legal", "legal", "legal"),
];

/// Levels: title's beginning, PDL's level, Hunter's seniority.
pub(super) const LEVELS: &[(&str, &str, &str)] = &[
    ("VP", "vp", "executive"),
    ("Director of", "director", "executive"),
    ("Head of", "director", "executive"),
    ("Manager,", "manager", "senior"),
    ("Senior Specialist,", "senior", "senior"),
    ("Specialist,", "entry", "junior"),
];

/// Technologies that a company's site may use.
pub(super) const TECHNOLOGIES: &[&str] =
    &["hubspot", "salesforce", "cloudflare", "wordpress", "segment", "stripe", "zendesk", "react"];
