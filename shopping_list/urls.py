"""URLs under /api/."""

from django.urls import path

from rest.compression import compressed
from rest.converters import ID
from shopping_list.api import (
    activities,
    bulk,
    change_counts,
    exports,
    imports,
    invite_links,
    invites,
    items,
    lists,
    members,
    search,
    snapshots,
    suggestions,
    transfers,
)

LIST = f"shopping-lists/<{ID}:list_id>/"
ITEMS = f"{LIST}shopping-items/"

urlpatterns = [
    path("shopping-lists/", compressed(lists.ListsView.as_view())),
    path(LIST, compressed(lists.ListView.as_view())),
    path(f"{LIST}snapshot/", compressed(snapshots.SnapshotView.as_view())),
    path(f"{LIST}restore/", lists.RestoreView.as_view()),
    path(f"{LIST}aisles/rename/", compressed(lists.RenameAisleView.as_view())),
    path(f"{LIST}shops/rename/", compressed(lists.RenameShopView.as_view())),
    path(f"{LIST}activities/", compressed(activities.ActivitiesView.as_view())),
    path(f"{LIST}activities/<number:version>/undo/", activities.UndoView.as_view()),
    path(f"{LIST}activities/<number:version>/put-back/", activities.PutBackView.as_view()),
    path(f"{LIST}activities/counts/", change_counts.ChangeCountsView.as_view()),
    path(f"{LIST}members/", members.MembersView.as_view()),
    path(f"{LIST}members/<number:user_id>/", members.MemberView.as_view()),
    path(f"{LIST}add-members/", members.AddMembersView.as_view()),
    path(f"{LIST}remove-members/", members.RemoveMembersView.as_view()),
    path(f"{LIST}invites/", invites.InvitesView.as_view()),
    path(f"{LIST}invites/<{ID}:invite_id>/", invites.InviteView.as_view()),
    path("invites/preview/", invite_links.PreviewView.as_view()),
    path("invites/accept/", invite_links.AcceptView.as_view()),
    path(ITEMS, compressed(items.ItemsView.as_view())),
    path(f"{ITEMS}bulk/", compressed(bulk.BulkView.as_view())),
    path(f"{ITEMS}tick/", bulk.TickView.as_view()),
    path(f"{ITEMS}untick/", bulk.UntickView.as_view()),
    path(f"{ITEMS}remove/", bulk.RemoveView.as_view()),
    path(f"{ITEMS}edit/", bulk.EditView.as_view()),
    path(f"{ITEMS}move/", compressed(transfers.MoveView.as_view())),
    path(f"{ITEMS}copy/", compressed(transfers.CopyView.as_view())),
    path(f"{ITEMS}<{ID}:item_id>/", compressed(items.ItemView.as_view())),
    path("search-shopping-items/", compressed(search.SearchView.as_view())),
    path("suggestions/", compressed(suggestions.SuggestionsView.as_view())),
    path("suggestions/forget/", suggestions.ForgetView.as_view()),
    path("suggestions/restore/", suggestions.RestoreNameView.as_view()),
    path(f"{LIST}export/", compressed(exports.ExportView.as_view())),
    path(f"{LIST}import/", imports.ImportView.as_view()),
    path("export/", compressed(exports.ExportEverythingView.as_view())),
    path("import/", imports.ImportEverythingView.as_view()),
]
