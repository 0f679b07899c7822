"""The class of the demo: 24 invented pupils of Baku, so that a new lab shows what a full one looks like."""

from __future__ import annotations

CLASS_NAME = "7B"

TEAMS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Əli", "Məmmədov"), ("Nərmin", "Quliyeva"), ("Tunar", "Əliyev")),
    (("Ülvi", "Hüseynov"), ("İlahə", "Rəhimova"), ("Rəşad", "İbrahimov")),
    (("Çinarə", "Kərimova"), ("Ömər", "Səfərov"), ("Səbinə", "Abbasova")),
    (("Günel", "Vəliyeva"), ("Ayxan", "Mustafayev"), ("Kənan", "Babayev")),
    (("Elşən", "Nəbiyev"), ("Aytac", "Cəfərova"), ("Murad", "Orucov")),
    (("Fidan", "Şükürova"), ("Nihad", "Tağıyev"), ("Zəhra", "Yusifova")),
    (("Cavid", "Paşayev"), ("Pərvin", "Fərəcova"), ("Toğrul", "Zeynalov")),
    (("Xədicə", "Bağırova"), ("Əli", "Həsənov"), ("Ləman", "Qasımova")),
)
"""Given name and surname, three to a team. Only the given names are ever kept, with an initial where two are alike."""
