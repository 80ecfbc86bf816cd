//! How a person likes a list: views with a name, and which columns are left out. Kept with the person, so
//! that they are there in every browser.

use domain::{
    TenantName,
    identity::Caller,
    view::{ListName, SavedView},
};

use crate::{Error, Platform, Result};

/// Most views of one list, over all tenants.
const MOST: usize = 24;
/// Longest title and query.
const LONGEST: (usize, usize) = (40, 1000);

impl Platform {
    /// The caller's views of a tenant's list, by title.
    pub async fn saved_views(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        list: ListName,
    ) -> Result<Vec<SavedView>> {
        let mut views = self.views(caller, list).await?;
        views.retain(|view| view.tenant == *tenant);
        Ok(views)
    }

    /// Saves a view, over the one that has its title.
    pub async fn save_view(&self, caller: &Caller, list: ListName, view: SavedView) -> Result<()> {
        let views = with(self.views(caller, list).await?, view)?;
        self.set_views(caller, list, &views).await
    }

    /// Forgets a view.
    pub async fn forget_view(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        list: ListName,
        title: &str,
    ) -> Result<()> {
        let mut views = self.views(caller, list).await?;
        views.retain(|view| view.tenant != *tenant || view.title != title);
        self.set_views(caller, list, &views).await
    }

    /// Columns that the caller does not want to see.
    pub async fn left_out_columns(&self, caller: &Caller, list: ListName) -> Result<Vec<String>> {
        let kept = self.preference(caller, &columns_key(list)).await?.unwrap_or_default();
        Ok(kept.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Leaves out exactly these columns.
    pub async fn leave_out_columns(&self, caller: &Caller, list: ListName, names: &[String]) -> Result<()> {
        let text = names.join(" ");
        let value = Some(text.as_str()).filter(|text| !text.is_empty());
        self.set_preference(caller, &columns_key(list), value).await
    }

    async fn views(&self, caller: &Caller, list: ListName) -> Result<Vec<SavedView>> {
        let kept = self.preference(caller, &views_key(list)).await?;
        // What an older version wrote and this one can not read is not worth a page that fails.
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    async fn set_views(&self, caller: &Caller, list: ListName, views: &[SavedView]) -> Result<()> {
        let text = serde_json::to_string(views).map_err(Error::internal)?;
        let value = Some(text.as_str()).filter(|_| !views.is_empty());
        self.set_preference(caller, &views_key(list), value)
            .await
            .map_err(|_too_long| Error::field("view", "There is no room for more views; forget one first."))
    }
}

fn views_key(list: ListName) -> String {
    format!("views.{}", list.as_str())
}

fn columns_key(list: ListName) -> String {
    format!("columns.{}", list.as_str())
}

fn with(mut views: Vec<SavedView>, view: SavedView) -> Result<Vec<SavedView>> {
    let view = SavedView { title: view.title.trim().to_owned(), ..view };
    if view.title.is_empty() || view.title.chars().count() > LONGEST.0 {
        return Err(Error::field("view", "A view needs a name of at most 40 letters."));
    }
    if view.query.len() > LONGEST.1 {
        return Err(Error::field("view", "This filter is too long to be saved."));
    }
    views.retain(|old| old.tenant != view.tenant || old.title != view.title);
    if views.len() >= MOST {
        return Err(Error::field("view", "There is no room for more views; forget one first."));
    }
    views.push(view);
    views.sort_by_key(|view| view.title.to_lowercase());
    Ok(views)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(tenant: &str, title: &str, query: &str) -> SavedView {
        SavedView { tenant: tenant.parse().unwrap(), title: title.to_owned(), query: query.to_owned() }
    }

    #[test]
    fn a_view_replaces_the_one_of_its_name_in_its_tenant_only() {
        let views = with(vec![view("a", "Red", "x=1"), view("b", "Red", "x=2")], view("a", " Red ", "x=3"));
        let queries: Vec<_> = views.unwrap().into_iter().map(|view| view.query).collect();
        assert_eq!(queries, ["x=2", "x=3"]);
    }

    #[test]
    fn views_are_in_the_order_of_their_names() {
        let views = with(vec![view("a", "b", ""), view("a", "C", "")], view("a", "A", "")).unwrap();
        let titles: Vec<_> = views.into_iter().map(|view| view.title).collect();
        assert_eq!(titles, ["A", "b", "C"]);
    }

    #[test]
    fn a_view_without_a_name_or_one_too_many_is_refused() {
        assert!(with(Vec::new(), view("a", "  ", "")).is_err());
        assert!(with(Vec::new(), view("a", &"x".repeat(41), "")).is_err());
        let full = (0..MOST).map(|at| view("a", &at.to_string(), "")).collect();
        assert!(with(full, view("a", "more", "")).is_err());
    }
}
