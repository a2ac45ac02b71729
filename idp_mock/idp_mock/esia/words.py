"""The English texts of ESIA's pages, by the Russian ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "Имитатор Госуслуг": "Gosuslugi simulator",
        "Симулятор для разработки и тестов. Не вводите настоящие данные.": (
            "A simulator for development and tests. Do not enter real data."
        ),
        "Вход": "Sign in",
        "Для перехода в «{}»": "To go on to “{}”",
        "Логин, телефон, почта или СНИЛС": "Login, phone, e-mail or SNILS",
        "Пароль": "Password",
        "Войти": "Sign in",
        "Неверный логин или пароль": "Wrong login or password",
        "Код подтверждения": "Confirmation code",
        "Для перехода в «{}» введите код из сообщения. В симуляторе он лежит во входящих.": (
            "To go on to “{}” enter the code of the message. In the simulator it lies in the inbox."
        ),
        "Код": "Code",
        "Неверный код": "Wrong code",
        "Подтвердить": "Confirm",
        "От чьего имени войти": "In whose name to sign in",
        "Для перехода в «{}» выберите организацию.": "To go on to “{}” choose an organisation.",
        "Предоставление прав доступа": "Granting access",
        "Вы вошли как {}.": "You are signed in as {}.",
        "«{}» запрашивает:": "“{}” asks for:",
        "Предоставить": "Grant",
        "Отказать": "Refuse",
        "Вы вышли": "You are signed out",
        "Сеанс входа через имитатор Госуслуг завершён.": "The session of the Gosuslugi simulator has ended.",
        "Войти не получилось": "Could not sign in",
        "Система, из которой вы пришли, прислала неверный запрос. Вернитесь в неё и начните вход ещё раз.": (
            "The system that you came from sent a wrong request. Go back to it and sign in again."
        ),
        "Разработчику: почему — в журнале отказов симулятора, № {}.": (
            "For developers: why is told in the simulator's list of refusals, number {}."
        ),
        # Scopes of a person.
        "Вход через Госуслуги": "Sign-in through Gosuslugi",
        "Фамилия, имя и отчество": "Full name",
        "Дата рождения": "Date of birth",
        "Пол": "Sex",
        "СНИЛС": "Insurance number (SNILS)",
        "ИНН": "Tax number (INN)",
        "Место рождения": "Place of birth",
        "Данные документа, удостоверяющего личность": "Identity document",
        "Полис ОМС": "Medical policy",
        "Военный билет": "Military ID",
        "Заграничный паспорт": "Foreign passport",
        "Водительское удостоверение": "Driving licence",
        "Свидетельство о рождении": "Birth certificate",
        "Вид на жительство": "Residence permit",
        "Разрешение на временное проживание": "Temporary residence permit",
        "Адрес электронной почты": "E-mail address",
        "Номер мобильного телефона": "Mobile phone number",
        "Все контакты": "All contacts",
        "Адреса": "Addresses",
        "Транспортные средства": "Vehicles",
        "Организации": "Organisations",
        "Изображение профиля": "Profile picture",
        "Сведения о самозанятости": "Self-employment",
        "Фамилии, имена и отчества детей": "Children's full names",
        "Даты рождения детей": "Children's dates of birth",
        "Пол детей": "Children's sex",
        "СНИЛС детей": "Children's insurance numbers (SNILS)",
        "ИНН детей": "Children's tax numbers (INN)",
        "Свидетельства о рождении детей": "Children's birth certificates",
        "Полисы ОМС детей": "Children's medical policies",
        "Номера мобильных телефонов детей": "Children's mobile phone numbers",
        "Адреса электронной почты детей": "Children's e-mail addresses",
        "Вход по биометрии": "Biometric sign-in",
        "Результат входа по биометрии": "Result of a biometric sign-in",
        # Scopes of an organisation.
        "Сокращённое наименование организации": "Short name of the organisation",
        "Полное наименование организации": "Full name of the organisation",
        "Тип организации": "Type of the organisation",
        "ОГРН организации": "State registration number of the organisation (OGRN)",
        "ИНН организации": "Tax number of the organisation (INN)",
        "Организационно-правовая форма": "Legal form",
        "КПП организации": "Tax registration code of the organisation (KPP)",
        "Территориальная принадлежность ОГВ": "Territory of the agency",
        "Тип ОГВ": "Type of the agency",
        "ОКТМО организации": "Municipality code of the organisation (OKTMO)",
        "Контакты организации": "Contacts of the organisation",
        "Адреса организации": "Addresses of the organisation",
        "Транспортные средства организации": "Vehicles of the organisation",
        "Группы доступа организации": "Access groups of the organisation",
        "Сотрудники организации": "Employees of the organisation",
        "Филиалы организации": "Branches of the organisation",
        "Контакты филиалов": "Contacts of the branches",
        "Адреса филиалов": "Addresses of the branches",
        "Центры регистрации организации": "Registration centres of the organisation",
        "Системы организации": "Systems of the organisation",
        "Приглашения в организацию": "Invitations to the organisation",
    }
)
