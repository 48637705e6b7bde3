"""The portal's addresses (design §4)."""

from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.decorators.http import require_http_methods

from agencies.forms.accounts import ResetForm

from .health import health

handler400 = "chiayi_elearn.pages.bad_request"
handler403 = "chiayi_elearn.pages.permission_denied"
handler404 = "chiayi_elearn.pages.page_not_found"
handler500 = "chiayi_elearn.errors.server_error"

# Django's form views would take PUT for POST.
FORM = ("get", "head", "post", "options")
FORM_METHODS = [method.upper() for method in FORM]

accounts = [
    path("login/", auth_views.LoginView.as_view(http_method_names=FORM), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path(
        "password/",
        auth_views.PasswordChangeView.as_view(http_method_names=FORM),
        name="password_change",
    ),
    path("password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path(
        "reset/",
        # The address in the mail is ours by setting, never what the Host header claims.
        auth_views.PasswordResetView.as_view(form_class=ResetForm, http_method_names=FORM),
        name="password_reset",
    ),
    path("reset/done/", auth_views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "reset/<uidb64>/<token>/",
        require_http_methods(FORM_METHODS)(auth_views.PasswordResetConfirmView.as_view()),
        name="password_reset_confirm",
    ),
    path(
        "reset/complete/",
        auth_views.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
]

urlpatterns = [
    path("", include("chiayi_elearn.portal_urls")),
    path("accounts/", include(accounts)),
    path("agencies/", include("agencies.urls")),
    path("workshops/", include("workshops.urls")),
    path("competition/", include("competition.urls")),
    path("experience/", include("platform_updates.urls")),
    path("scores/", include("scoring.urls")),
    path("system/", include("foundation.urls")),
    path("uploads/", include("foundation.upload_urls")),
    path("materials/", include("foundation.material_urls")),
    path("certificates/", include("foundation.certificate_urls")),
    path("health/", health, name="health"),
]
