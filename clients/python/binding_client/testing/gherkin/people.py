"""Who plays, and what is so before anybody acts."""

from pytest_bdd import given

from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Who, step


@given(step("действует политика {policy:Policy}"))
def policy_everywhere(stage: Stage, policy: str) -> None:
    """Во всех муниципалитетах мира действует названная политика: STRICT, LENIENT или ROLE_ONLY.

    Пример: Дано действует политика LENIENT
    """
    for municipality in stage.early()["municipalities"]:
        municipality["ownership_policy"] = policy


@given(step("включена настройка {name:w}={value:S}"))
def setting(stage: Stage, name: str, value: str) -> None:
    """Служба работает с настройкой, отличной от обычной; для неё поднимается отдельный стенд.

    Пример: Дано включена настройка BINDING_RELEASE_BY_VK_PROOF=true
    """
    stage.need_setting(name, value)


@given(step("{guardian:Person} не представляет {pupil:Person}"))
def no_guardian(stage: Stage, guardian: Who, pupil: Who) -> None:
    """Взрослый не родитель и не законный представитель этого ученика.

    Пример: Дано Вера не представляет Бориса
    """
    document = stage.early()
    pair = (guardian.id, pupil.id)
    document["guardianships"] = [
        each for each in document["guardianships"] if (each["guardian"], each["pupil"]) != pair
    ]


@given(step("у {guardian:Person} есть ещё ребёнок в {name:Class}"))
def one_more_child(stage: Stage, guardian: Who, name: str) -> None:
    """У взрослого есть ещё один ребёнок, который учится в названном классе.

    Пример: Дано у Веры есть ещё ребёнок в 5А
    """
    [child] = add_pupils(stage, 1, name)
    stage.document["guardianships"].append({"guardian": guardian.id, "pupil": child, "kind": "PARENT"})


@given(step("в {name:Class} учатся ещё {count:d} {unit:Pupils}"))
def more_pupils(stage: Stage, name: str, count: int) -> None:
    """В классе учатся ещё столько-то учеников, каждый со своим телефоном и учебным профилем.

    Пример: Дано в 5А учатся ещё 30 учеников
    """
    stage.notes["pupils"] = add_pupils(stage, count, name)


@given(step("{who:Person} ведёт приём в школе {number:d}"))
def operator(stage: Stage, who: Who, number: int) -> None:
    """Человек работает в школе с обязанностью OPERATOR: ведёт приёмы и заявки.

    Пример: Дано Кира ведёт приём в школе 7
    """
    document = stage.early()
    duty = {"kind": "OPERATOR", "organisation": f"shkola-{number}"}
    next(each for each in document["persons"] if each["id"] == who.id).setdefault("duties", []).append(duty)


@given(step("у {who:Person} нет учётной записи VK ID"))
def no_vk_login(stage: Stage, who: Who) -> None:
    """VK ID никогда не видел ни телефона, ни почты человека.

    Пример: Дано у Глеба нет учётной записи VK ID
    """
    stage.early()
    stage.in_document(who.id).pop("vk_id", None)


@given(step("у {who:Person} во VK ID только личный профиль"))
def personal_profile_only(stage: Stage, who: Who) -> None:
    """Учебного профиля у человека ещё нет.

    Пример: Дано у Веры во VK ID только личный профиль
    """
    stage.early()
    for login in stage.in_document(who.id)["vk_id"]:
        login["profiles"] = [{"user_id": each["user_id"], "kind": "PERSONAL"} for each in login["profiles"]]


@given(step("у {who:Person} есть второй учебный профиль"))
def second_profile(stage: Stage, who: Who) -> None:
    """У человека есть ещё один вход во VK ID, по почте, с другим учебным профилем.

    Пример: Дано у Веры есть второй учебный профиль
    """
    stage.early()
    person = stage.in_document(who.id)
    email = next(each for each in person["recorded_contacts"] if "@" in each)
    first = person["vk_id"][0]["profiles"][0]
    person["vk_id"].append({"email": email, "profiles": [{**first, "user_id": first["user_id"] + 100}]})


def add_pupils(stage: Stage, count: int, class_name: str) -> list[str]:
    """Adds pupils with a phone that the school has recorded and a learning profile; returns their keys."""
    document = stage.early()
    school_class = stage.class_id(class_name)
    organisation = next(each["organisation"] for each in document["classes"] if each["id"] == school_class)
    made: list[str] = []
    for number in range(1, count + 1):
        key, phone = f"p{number}", f"+79000001{number:03d}"
        profile = {
            "user_id": 700400000 + number,
            "kind": "LEARNING",
            "roles": ["PUPIL"],
            "organisations": [organisation],
        }
        person = {
            "id": key,
            "name": {"last": f"Тестов{number}", "first": "Имярек"},
            "gender": "M",
            "birth_date": "2015-01-31",
            "enrolments": [school_class],
            "recorded_contacts": [phone],
            "esia": {
                "oid": 1000400000 + number,
                "login": key,
                "password": f"{key}-esia",
                "contacts": [{"type": "MBT", "value": phone, "verified": True}],
            },
            "vk_id": [{"phone": phone, "profiles": [profile]}],
        }
        document["persons"].append(person)
        made.append(key)
    return made
