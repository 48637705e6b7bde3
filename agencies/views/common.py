"""What most of this app's pages do: show a form, run one action, say what the rules refuse."""

from django.contrib import messages
from django.shortcuts import redirect, render

from foundation.refusals import refusals_on, refusals_told


def done_by(form, act):
    """Run the action on a valid form; its refusal becomes the form's own. True when it is done."""
    if not form.is_valid():
        return False
    with refusals_on(form):
        act(form.cleaned_data)
    return form.is_valid()


def form_page(request, form, *, heading, button, back, crumb, **more):
    """A page with one form. `more`: sub, note, danger (the act cannot be undone), accounts, fields."""
    context = {"form": form, "heading": heading, "button": button, "back": back, "crumb": crumb, **more}
    return render(request, "agencies/form.html", context)


def act_and_return(request, act, *, done, back):
    """For a button: run the action, say what came of it, go back."""
    with refusals_told(request):
        act()
        messages.success(request, done)
    return redirect(back)
