//! Who is a member, with which role; what the tenant uses; and what someone may do.

use domain::{
    TenantName,
    identity::{Permission, Role},
    tenant::{Access, Member, MembersForm, QuotaUse, TenantSummary},
};
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        button::submit,
        field::summary,
        icon::icon,
        problem::done,
        table::{self, About, table, unseen_head},
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes, session,
};

/// `/t/:tenant/members`
#[component]
pub fn MembersPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let head = api::tenants::tenant_head(tenant.clone()).await?;
    let mut form = api::tenants::members(tenant.clone()).await?;
    let (mut problem, mut tested) = (None, None);
    if let Some(posted) = Posted::of_request() {
        match act(&tenant, &posted, &form).await {
            Ok(Done::Saved) => form::see_other(&format!("{}?saved=yes", routes::members(&tenant))),
            Ok(Done::Tested(access)) => tested = Some((posted.text("test"), *access)),
            Err((error, typed)) => {
                form::set_status(error.0.status);
                form.members = typed;
                problem = Some(error);
            }
        }
    }
    let quota = api::tenants::used_quota(tenant.clone()).await.unwrap_or_default();
    let body = view! {
        <div class="page-head">
            <h1>"Members"</h1>
            <span class="gap"></span>
            <a class="button quiet" href=routes::audit(&tenant)>{icon("file")}"Audit trail"</a>
        </div>
        {state(&head)}
        {frame::query("saved").map(|_| done("Saved. It holds from the next request of everyone."))}
        {summary(problem.as_ref(), &[("spec.members", "members")])}
        {list(&tenant, &form)}
        <div class="columns">{meter(&quota)}{tester(&tenant, tested)}</div>
    };
    Ok(Content::other("Members", body))
}

enum Done {
    Saved,
    Tested(Box<Access>),
}

async fn act(
    tenant: &TenantName,
    posted: &Posted,
    form: &MembersForm,
) -> Result<Done, (AppError, Vec<Member>)> {
    let kept = |error: AppError| (error, form.members.clone());
    if posted.action() == "test" {
        let groups = posted.text("groups");
        let groups = groups.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        let tested = api::tenants::test_access(tenant.clone(), posted.text("test"), groups.collect()).await;
        return tested.map(|access| Done::Tested(Box::new(access))).map_err(kept);
    }
    let members = read(posted).map_err(kept)?;
    let new = MembersForm { version: posted.text("version"), members: members.clone() };
    api::tenants::set_members(tenant.clone(), new)
        .await
        .map(|_| Done::Saved)
        .map_err(|error| (error, members))
}

/// The rows of the form, without blank ones and the one whose button took it out.
fn read(posted: &Posted) -> Result<Vec<Member>, AppError> {
    let names = posted.all("name").map(str::trim);
    let removed: Option<usize> = posted.get("remove").and_then(|text| text.parse().ok());
    let rows = names.zip(posted.all("kind")).zip(posted.all("role")).enumerate();
    let rows = rows.filter(|(at, ((name, _), _))| !name.is_empty() && Some(*at) != removed);
    rows.map(|(_, ((name, kind), role))| {
        let role = Role::parse(role).ok_or_else(|| AppError::invalid("spec.members", "Choose a role."))?;
        Ok(if kind == "group" { Member::group(name, role) } else { Member::user(name, role) })
    })
    .collect()
}

fn state(head: &TenantSummary) -> AnyView {
    let stopped = head.suspended.then(|| {
        view! {
            <div class="notice warn" role="status">
                {icon("pause")}
                <p>"This tenant is suspended: its functions are stopped, and nothing is lost. An administrator can resume it."</p>
            </div>
        }
    });
    let waiting = (!head.ready).then(
        || view! { <div class="notice" role="status">{icon("wait")}<p>{head.reason.clone()}</p></div> },
    );
    view! { {stopped}{waiting} }.into_any()
}

fn list(tenant: &TenantName, form: &MembersForm) -> AnyView {
    let may = session::may(Permission::Administer, tenant);
    let blank = || Member::user("", Role::Viewer);
    let rows = form.members.iter().cloned().chain(may.then(blank)).enumerate();
    let rows: Vec<_> = rows.map(|(at, member)| row(at, &member, may)).collect();
    let version = form.version.clone();
    let about = About { caption: format!("Members of {tenant}"), class: "members", ..About::default() };
    let heads =
        [table::head("Kind", ""), table::head("Name", ""), table::head("Role", ""), unseen_head("Acts")];
    view! {
        <form method="post" class="stack" id="members" data-busy="Saving…">
            {form::token()}
            <input type="hidden" name="version" value=version/>
            // What the Enter key presses: without it, the first button that takes someone out.
            {may.then(|| view! { <button class="sr" name="do" value="save" tabindex="-1" aria-hidden="true">"Save members"</button> })}
            {table(about, heads, rows)}
            <p class="hint">
                "A user is the identity provider's subject (oidc:…), a checked e-mail address, or local:name. \
                 The last row adds someone."
            </p>
            <div class="form-end">{submit("primary", "check", "Save members", "save", (Permission::Administer, tenant))}</div>
        </form>
    }
    .into_any()
}

fn row(at: usize, member: &Member, may: bool) -> AnyView {
    let group = member.group.is_some();
    let name = member.user.clone().or_else(|| member.group.clone()).unwrap_or_default();
    let blank = name.is_empty();
    let label = if blank { "new member".to_owned() } else { name.clone() };
    let roles: Vec<_> = Role::ALL
        .into_iter()
        .map(|role| {
            view! { <option value=role.as_str() selected=role == member.role title=role.means()>{role.as_str()}</option> }
        })
        .collect();
    view! {
        <tr>
            <td>
                <select name="kind" disabled=!may aria-label=format!("Kind of {label}")>
                    <option value="user" selected=!group>"User"</option>
                    <option value="group" selected=group>"Group"</option>
                </select>
            </td>
            <td>
                <input name="name" id=format!("member-{at}") value=name disabled=!may autocomplete="off" autocapitalize="none"
                    spellcheck="false" maxlength="253" placeholder=blank.then_some("Add someone") aria-label=format!("Name of {label}")/>
            </td>
            <td><select name="role" disabled=!may aria-label=format!("Role of {label}")>{roles}</select></td>
            <td>{(may && !blank).then(|| view! {
                <button class="button quiet small square" name="remove" value=at.to_string()>
                    {icon("trash")}<span class="sr">{format!("Take out {label}")}</span>
                </button>
            })}</td>
        </tr>
    }
    .into_any()
}

fn meter(quota: &[QuotaUse]) -> AnyView {
    let lines: Vec<_> = quota
        .iter()
        .map(|line| {
            let text = format!("{} of {} ({} %)", line.used, line.limit, line.percent);
            view! {
                <div><dt>{line.what.clone()}</dt><dd>
                    <meter min="0" max="100" high="80" value=line.percent.min(100) aria-label=line.what.clone()></meter>" "{text}
                </dd></div>
            }
        })
        .collect();
    view! { <section class="card"><h2>"Quota"</h2><dl class="facts">{lines}</dl></section> }.into_any()
}

fn tester(tenant: &TenantName, tested: Option<(String, Access)>) -> AnyView {
    let name = tested.as_ref().map(|(name, _)| name.clone()).unwrap_or_default();
    let answer = tested.map(|(name, access)| answer(&name, &access));
    view! {
        <section class="card">
            <h2>"Test a user"</h2>
            <form method="post" class="stack" data-busy="Looking…">
                {form::token()}
                <div class="field">
                    <label for="test">"User"</label>
                    <input id="test" name="test" value=name autocomplete="off" autocapitalize="none" spellcheck="false"/>
                </div>
                <div class="field">
                    <label for="groups">"Groups "<span class="optional">"with commas"</span></label>
                    <input id="groups" name="groups" autocomplete="off" autocapitalize="none" spellcheck="false"/>
                </div>
                <div class="form-end">{submit("", "search", "What may they do?", "test", (Permission::Administer, tenant))}</div>
            </form>
            {answer}
        </section>
    }
    .into_any()
}

fn answer(name: &str, access: &Access) -> AnyView {
    let title = match access.role {
        Some(role) => format!("{name} is {} here.", role.as_str()),
        None => format!("{name} is no member: for them this tenant does not exist."),
    };
    let because: Vec<_> = access
        .because
        .iter()
        .map(|member| view! { <li>{format!("{} for the {}", member.role.as_str(), member.label())}</li> })
        .collect();
    let permissions: Vec<_> = access
        .permissions
        .iter()
        .map(|(permission, may)| {
            let (shape, word) = if *may { ("check", "may") } else { ("cross", "may not") };
            view! { <li>{icon(shape)}<span><span class="sr">{word}" "</span>{permission.means()}</span></li> }
        })
        .collect();
    view! {
        <div role="status" id="tested">
            <p class="strong">{title}</p>
            <ul class="lines">{because}</ul>
            <ul class="lines may">{permissions}</ul>
        </div>
    }
    .into_any()
}
