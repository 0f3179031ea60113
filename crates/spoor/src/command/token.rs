//! `spoor token`: what programs come with.

use engine::account::token::Wish;
use model::{Actor, Prefix, Scopes, Token, time::DAY};

use crate::{
    arguments,
    exit::Ending,
    output::{Output, Tone, table::Table},
    session::Session,
};

pub(crate) fn run(session: &Session, arguments: &arguments::Token, output: &mut Output) -> anyhow::Result<Ending> {
    let (knowledge, actor, now) = (session.knowledge()?, Actor::local(session.user()), session.now());
    let ending = match arguments {
        arguments::Token::List { account } => {
            let user = knowledge.user_named(&actor, account)?;
            list(&knowledge.tokens_of(&actor, user.id)?, output)?
        }
        arguments::Token::Add(new) => {
            let user = knowledge.user_named(&actor, &new.account)?;
            let wish = Wish {
                name: new.name.clone(),
                scopes: Scopes(new.scopes.iter().copied().collect()),
                networks: new.networks.clone(),
                expires: (new.days > 0).then(|| now.plus(i64::from(new.days) * DAY)),
            };
            let made = knowledge.add_token_for(&actor, user.id, &wish, now)?;
            match output.is_json() {
                true => {
                    let mut object = object(&made.token);
                    object["text"] = made.text.into();
                    output.object(&object)?;
                }
                false => {
                    output.note("this is told once:")?;
                    output.line(&made.text)?;
                }
            }
            Ending::Found
        }
        arguments::Token::End { id } => {
            knowledge.end_token(&actor, *id, now)?;
            if !output.is_json() {
                output.line(&format!("token {id} has ended"))?;
            }
            Ending::Found
        }
    };
    output.flush()?;
    Ok(ending)
}

fn list(tokens: &[Token], output: &mut Output) -> anyhow::Result<Ending> {
    let mut table = Table::new(&["token", "id", "scopes", "from", "ends", "last used"]);
    for token in tokens {
        if output.is_json() {
            output.object(&object(token))?;
            continue;
        }
        let scopes: Vec<&str> = token.scopes.0.iter().map(|scope| scope.as_str()).collect();
        let networks: Vec<String> = token.networks.iter().map(Prefix::to_string).collect();
        let cells = [
            token.id.to_string(),
            scopes.join(" "),
            if networks.is_empty() { "anywhere".into() } else { networks.join(" ") },
            token.expires.map_or("never".into(), |expires| expires.to_string()),
            token.used.map_or("never".into(), |used| used.to_string()),
        ];
        let mut row = vec![(Tone::Strong, token.name.clone())];
        row.extend(cells.into_iter().map(|cell| (Tone::Plain, cell)));
        table.row(row);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    Ok(if tokens.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn object(token: &Token) -> serde_json::Value {
    let networks: Vec<String> = token.networks.iter().map(Prefix::to_string).collect();
    serde_json::json!({
        "type": "token", "id": token.id, "name": token.name, "scopes": token.scopes, "networks": networks,
        "created": token.created, "expires": token.expires, "used": token.used,
    })
}
