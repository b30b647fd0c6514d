//! Given names and their short forms, folded: a small table of the common ones. A word may stand in
//! several rows; two words are one name if a row has both.

const ROWS: &[&str] = &[
    "abigail abby gail",
    "abdul abdel abd",
    "albert al bert albrecht",
    "alejandro alex ale",
    "alexander alex alec sandy sascha sasha xander alexandr aleksandr aleksander",
    "alexandra alex sandra sasha lexi alexandria aleksandra",
    "alexei alexey aleksei aleksey alyosha",
    "alfred al fred freddie",
    "allan alan allen al",
    "amanda mandy",
    "andreas andrew andy andre andrei andrey drew andrzej",
    "angela angie",
    "anna anne ann annie ana anja nina hannah",
    "anthony antonio anton toni tony antoine",
    "barbara barb babs",
    "benjamin ben benny benji",
    "bernard bernhard bernie",
    "bradley brad",
    "caroline carolyn carol carrie karoline carolina",
    "catherine katherine kathryn cathy kathy kate katie kat katharina ekaterina katya katarina",
    "charles charlie chuck chas carl karl carlos",
    "christian chris christoph",
    "christina christine chris tina kristina christy kristin kirsten",
    "christopher christoph chris kit topher kristoffer",
    "cynthia cindy",
    "daniel dan danny daniil",
    "david dave davey",
    "deborah debra deb debbie",
    "dmitry dmitri dmitriy dima dimitri",
    "donald don donnie",
    "dorothy dot dottie dora",
    "douglas doug",
    "edward ed eddie ted teddy ned eduard eduardo",
    "eleanor ellie nell nora elena",
    "elizabeth elisabeth liz lizzie beth betty betsy eliza lisa elise ella elsa",
    "emanul emmanul manul manny",
    "emily emma em emmy",
    "eugene gene evgeny yevgeny evgeniy",
    "evelyn eve evie",
    "francis frank franz francois francisco paco franco",
    "frances fran fanny francesca franziska",
    "frederick fred freddie friedrich fritz frederic frederik federico",
    "gabriel gabe",
    "george georg jorge giorgio georgios yuri",
    "gerald gerry jerry gerhard gerd gerard",
    "gregory greg gregor grigory",
    "guillermo william memo",
    "heinrich henry heinz henri enriqu hank harry hendrik enrico",
    "helen helena nell ellen lena helene",
    "isabella isabel isabelle bella izzy",
    "ignacio nacho",
    "jacob jake jakob jack jacqus jacobo yakov",
    "jacquline jackie",
    "james jim jimmy jamie jaime",
    "janet jan jane janette",
    "jeffrey geoffrey jeff geoff",
    "jennifer jen jenny jenn",
    "jeremy jerry jeremiah",
    "jessica jess jessie",
    "johannes john johann johan hans jan ivan juan giovanni jean joao ian sean jack jon johnny",
    "jonathan jon john jonny nathan johnathan",
    "joseph joe joey jose josef giuseppe pepe jozef yusuf yousef",
    "joshua josh",
    "judith judy jude",
    "julia julie juliet yulia",
    "kenneth ken kenny",
    "kimberly kim",
    "larissa lara",
    "lawrence larry laurence lorenzo laurent lars",
    "leonard leo len lenny leonardo leon",
    "louis lewis lou luis ludwig luigi lutz",
    "lucas luke lukas luca",
    "margaret maggie meg peggy marge margie greta margarita margarete margurite rita",
    "maria mary marie mia moll molly mariya ma",
    "marcus mark marc markus marco marcos",
    "martha marta patty",
    "martin marty",
    "matthew matt matthias mattias matteo mateo mathieu matthieu",
    "maximilian max maxim maximilien maksim",
    "melissa mel missy",
    "michal mike mick mickey mikhail michel migul misha mikal michele",
    "mohammed muhammad mohamed mohammad muhammed mohamad mehmet md mohd",
    "natalia natalie natasha nat nataliya",
    "nathaniel nathan nate nat",
    "nicholas nicolas nick nicky nico niklas nikolaus klaus nikolai nikolay nicola",
    "oliver ollie olivier",
    "olivia liv livvy",
    "pamela pam",
    "patricia pat patty tricia trish",
    "patrick pat paddy patrice",
    "paul paulo pablo paolo pavel pawel",
    "peter pete pedro pietro pierre piotr pyotr petr",
    "philip phillip phil philipp philippe felipe",
    "rachel rae raqul",
    "raymond ray raimund",
    "rebecca becky becca",
    "richard rick rich dick ricky richie ricardo",
    "robert rob bob bobby robbie bert roberto",
    "ronald ron ronnie",
    "samantha sam sammy",
    "samul sam sammy",
    "sebastian seb bastian basti",
    "sergey sergei sergio serge",
    "stanley stan",
    "stefan stephen steven steve stephan stevie esteban etienne stefano",
    "stephanie steph stefanie",
    "susan sue susie suzanne susanne susanna",
    "tatiana tanya tania",
    "teresa theresa terry tess tessa therese",
    "theodore ted teddy theo theodor",
    "thomas tom tommy tomas tommaso",
    "timothy tim timmy timo",
    "valentina val",
    "veronica ronnie vera",
    "victoria vicky tori vicki viktoria",
    "victor vic viktor vittorio",
    "vincent vince vinnie vincenzo",
    "vladimir vlad volodymyr wladimir",
    "walter walt wally",
    "wilhelm william will bill billy willy willi liam guillaume",
    "yelena elena lena helena",
    "zachary zach zack",
];

/// Whether both are forms of one given name.
pub(super) fn same(a: &str, b: &str) -> bool {
    ROWS.iter().any(|row| {
        let has = |name: &str| row.split(' ').any(|word| word == name);
        has(a) && has(b)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accept::identity::names::fold;

    #[test]
    fn every_word_is_folded_and_no_row_is_alone() {
        for row in ROWS {
            assert!(row.split(' ').count() > 1, "{row}");
            for word in row.split(' ') {
                assert_eq!(fold(word), word, "{row}");
            }
        }
    }

    #[test]
    fn short_forms_meet_their_names() {
        let rows = [("bob", "robert", true), ("liz", "beth", true), ("bob", "rick", false)];
        for (a, b, expected) in rows {
            assert_eq!((same(a, b), same(b, a)), (expected, expected), "{a} {b}");
        }
    }
}
